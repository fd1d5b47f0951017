SUMMARY = "First program of the initial RAM disk"
DESCRIPTION = "images/boot/init and the script that it leaves the data partition to, as the images from Debian packages \
have them. The kernel has built in what they need, so that the list of modules is empty."
SECTION = "base"
LICENSE = "GPL-3.0-or-later"
LIC_FILES_CHKSUM = "file://${HALL24_REPOSITORY}/LICENSE;md5=1ebbd3e34237af26da5dc08a4e440464"
CVE_PRODUCT = "hall24"

S = "${UNPACKDIR}"

inherit allarch

do_configure[noexec] = "1"
do_compile[noexec] = "1"

HALL24_INIT = "${HALL24_REPOSITORY}/images/boot/init"
HALL24_PREPARE_DATA = "${HALL24_FILES}/usr/lib/hall24/prepare-data"
do_install[file-checksums] += "${HALL24_INIT}:True ${HALL24_PREPARE_DATA}:True"
do_install () {
    install -D -m 0755 ${HALL24_INIT} ${D}/init
    install -D -m 0755 ${HALL24_PREPARE_DATA} ${D}${nonarch_libdir}/hall24/prepare-data
    install -d ${D}${sysconfdir} ${D}/dev ${D}/proc ${D}/sys ${D}/run ${D}/root ${D}/extra
    : >${D}${sysconfdir}/modules
}

FILES:${PN} += "/init /dev /proc /sys /run /root /extra ${nonarch_libdir}/hall24 ${sysconfdir}/modules"

RDEPENDS:${PN} = "busybox"
# Its first line names /bin/busybox; with usrmerge the package says /usr/bin/busybox.
# nooelint: oelint.vars.insaneskip
INSANE_SKIP:${PN} += "file-rdeps"
