SUMMARY = "Noto Sans CJK: what the kiosk writes with"
DESCRIPTION = "The two weights of the sans serif, from the package that the images from Debian packages take: the same \
glyphs on every appliance."
HOMEPAGE = "https://github.com/notofonts/noto-cjk"
SECTION = "fonts"
LICENSE = "OFL-1.1"
LIC_FILES_CHKSUM = "file://usr/share/doc/fonts-noto-cjk/copyright;md5=c3187e1fb9101ede7d992a930463cc48"
CVE_PRODUCT = "noto-cjk"

SRC_URI = "${DEBIAN_MIRROR}/main/f/fonts-noto-cjk/fonts-noto-cjk_${PV}+repack1-1_all.deb;subdir=${BP}"
SRC_URI[sha256sum] = "4a2515eb6db3978b897fef9709ed0d2b1f4c6c4df4d83d6c4ef65f71f1b1f502"

inherit allarch

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install () {
    install -d ${D}${datadir}/fonts/noto ${D}${sysconfdir}/fonts/conf.d
    install -m 0644 ${S}/usr/share/fonts/opentype/noto/NotoSansCJK-*.ttc ${D}${datadir}/fonts/noto/
    install -m 0644 ${S}/usr/share/fontconfig/conf.avail/70-fonts-noto-cjk.conf ${D}${sysconfdir}/fonts/conf.d/
}

# The kiosk's recipe draws with them.
SYSROOT_DIRS_IGNORE:remove = "${datadir}/fonts"

FILES:${PN} += "${datadir}/fonts ${sysconfdir}/fonts"
