SUMMARY = "Boot script that chooses the slot and counts its attempts"
DESCRIPTION = "boot.cmd as U-Boot reads it. It is the same on every board; RAUC moves the variables that it goes by."
SECTION = "bootloaders"
LICENSE = "GPL-3.0-or-later"
LIC_FILES_CHKSUM = "file://${HALL24_REPOSITORY}/LICENSE;md5=1ebbd3e34237af26da5dc08a4e440464"
CVE_PRODUCT = "hall24"

DEPENDS = "u-boot-tools-native"
PROVIDES += "u-boot-default-script"

SRC_URI = "file://boot.cmd"
S = "${UNPACKDIR}"

inherit deploy nopackages

INHIBIT_DEFAULT_DEPS = "1"

do_configure[noexec] = "1"
do_compile () {
    mkimage -A arm64 -T script -C none -n "Hall24" -d ${UNPACKDIR}/boot.cmd ${B}/boot.scr
}

do_deploy () {
    install -m 0644 ${B}/boot.scr ${DEPLOYDIR}/boot.scr
}
addtask deploy after do_compile before do_build

B = "${WORKDIR}/build"
do_compile[cleandirs] = "${B}"
