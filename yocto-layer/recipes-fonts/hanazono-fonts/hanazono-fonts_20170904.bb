SUMMARY = "HanaMin: rare characters of names"
DESCRIPTION = "Extensions B to F of the CJK ideographs, from the package that the images from Debian packages take."
HOMEPAGE = "http://fonts.jp/hanazono/"
SECTION = "fonts"
LICENSE = "OFL-1.1"
LIC_FILES_CHKSUM = "file://usr/share/doc/fonts-hanazono/copyright;md5=880f95627eab7ec2cc1c399540e587d3"
CVE_PRODUCT = "hanazono"

SRC_URI = "${DEBIAN_MIRROR}/main/f/fonts-hanazono/fonts-hanazono_${PV}-2.1_all.deb;subdir=${BP}"
SRC_URI[sha256sum] = "a6943366b4f5a6cec34221f8b4eb22555a628f0ee6ef4e3d3401cabe9363aeae"

inherit allarch

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install () {
    install -d ${D}${datadir}/fonts/hanazono
    install -m 0644 ${S}/usr/share/fonts/truetype/hanazono/HanaMin?.ttf ${D}${datadir}/fonts/hanazono/
}

# The kiosk's recipe draws with them.
SYSROOT_DIRS_IGNORE:remove = "${datadir}/fonts"

FILES:${PN} += "${datadir}/fonts"
