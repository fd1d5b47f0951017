SUMMARY = "Units, firewall and settings of the appliance"
DESCRIPTION = "The tree images/files of this repository as it is, which the images from Debian packages take, too; \
and what those have from Debian: a unit that loads the firewall, and where the boot loader's variables are."
SECTION = "base"
LICENSE = "GPL-3.0-or-later"
LIC_FILES_CHKSUM = "file://${HALL24_REPOSITORY}/LICENSE;md5=1ebbd3e34237af26da5dc08a4e440464"
CVE_PRODUCT = "hall24"

SRC_URI = " \
    file://fw_env.config \
    file://nftables.service \
"
S = "${UNPACKDIR}"

inherit allarch

do_configure[noexec] = "1"
do_compile[noexec] = "1"

def hall24_files(d):
    import os
    paths = []
    for folder, _, names in os.walk(d.getVar('HALL24_FILES')):
        paths += [os.path.join(folder, name) for name in names]
    return ' '.join('%s:True' % path for path in sorted(paths))

do_install[file-checksums] += "${@hall24_files(d)}"
do_install () {
    install -d ${D}
    cp -R --no-dereference --preserve=mode,links ${HALL24_FILES}/. ${D}/
    chown -R root:root ${D}
    install -D -m 0644 ${UNPACKDIR}/nftables.service ${D}${systemd_system_unitdir}/nftables.service
    install -D -m 0644 ${UNPACKDIR}/fw_env.config ${D}${sysconfdir}/fw_env.config
    # Mount points; the root cannot be written.
    install -d ${D}/efi
    # The clock never starts behind the image's own making.
    install -d ${D}${nonarch_libdir}
    touch ${D}${nonarch_libdir}/clock-epoch
}

FILES:${PN} += "/efi ${nonarch_libdir} ${datadir}/hall24"

# Started only in maintenance mode; the data partition grows to the disk's size.
RDEPENDS:${PN} = " \
    dropbear \
    e2fsprogs-resize2fs \
    nftables \
    rauc \
    rauc-conf \
    rauc-service \
    u-boot-fw-utils \
"
