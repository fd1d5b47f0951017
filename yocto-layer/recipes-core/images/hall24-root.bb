SUMMARY = "The appliance's root: read-only, with its dm-verity tree behind it"
DESCRIPTION = "What a slot of the appliance runs. hall24-image makes a disk of it, hall24-bundle an update."
SECTION = "images"
LICENSE = "GPL-3.0-or-later"
CVE_PRODUCT = "hall24"

# Behind the classes that say which types of images there are.
IMAGE_CLASSES += "hall24_verity"
inherit core-image

IMAGE_FSTYPES = "squashfs-zst.verity"
IMAGE_FEATURES = "read-only-rootfs"
IMAGE_LINGUAS = ""
NO_RECOMMENDATIONS = "1"
IMAGE_INSTALL = " \
    base-files \
    base-passwd \
    busybox \
    dbus \
    hall24-kiosk \
    hall24-system \
    kernel-modules \
    modemmanager \
    netbase \
    systemd \
    systemd-extra-utils \
    systemd-networkd \
    util-linux-mount \
    util-linux-setpriv \
    wireless-regdb-static \
    wpa-supplicant \
"
# Nothing changes packages here.
IMAGE_FEATURES:remove = "package-management"
PACKAGE_EXCLUDE = "rauc-mark-good kernel-image-image"

# Nothing that gives a prompt, asks questions at the first start or restarts at a key, on any appliance; and what only
# this build has.
HALL24_MASKED_LIST = "${HALL24_REPOSITORY}/images/masked.list"
do_rootfs[file-checksums] += "${HALL24_MASKED_LIST}:True"
HALL24_MASKED = "dropbear.service dropbear.socket dropbearkey.service"
HALL24_GENERATORS = "debug fstab getty gpt-auto hibernate-resume run system-update tpm2 veritysetup"

hall24_settle[doc] = "Masks what no appliance needs and empties what the data partition replaces"
hall24_settle () {
    # A list that cannot be read ends the build.
    masked=$(cat ${HALL24_MASKED_LIST})
    for unit in $masked ${HALL24_MASKED}; do
        ln -sf /dev/null ${IMAGE_ROOTFS}${sysconfdir}/systemd/system/$unit
    done
    for generator in ${HALL24_GENERATORS}; do
        rm -f ${IMAGE_ROOTFS}${nonarch_libdir}/systemd/system-generators/systemd-$generator-generator
    done
    : >${IMAGE_ROOTFS}${sysconfdir}/fstab
    echo hall24 >${IMAGE_ROOTFS}${sysconfdir}/hostname
    # The office is told which version runs, and for what updates have to be made.
    printf '%s\n' 'NAME="Hall24"' ID=hall24 'VERSION_ID="${HALL24_VERSION}"' 'IMAGE_ID="${HALL24_COMPATIBLE}"' \
        'IMAGE_VERSION="${HALL24_VERSION}"' >${IMAGE_ROOTFS}${nonarch_libdir}/os-release
    ln -sf ../run/systemd/resolve/stub-resolv.conf ${IMAGE_ROOTFS}${sysconfdir}/resolv.conf
    # The data partition takes its place.
    rm -rf ${IMAGE_ROOTFS}${localstatedir}
    install -d ${IMAGE_ROOTFS}${localstatedir}
    # Nobody changes who he is on an appliance.
    find ${IMAGE_ROOTFS} -xdev -type f -perm /6000 -exec chmod ug-s {} +
}
# Not before the lists of packages, the bill of materials among them, are written from what lies in /var.
IMAGE_PREPROCESS_COMMAND += "hall24_settle"
