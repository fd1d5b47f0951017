SUMMARY = "The kiosk of a government service hall that never closes"
DESCRIPTION = "The kiosk's program as an appliance has it, without bench and demo hall; the program that shows a \
picture when the kiosk cannot draw; and those pictures, drawn by the kiosk's own screens."
SECTION = "applications"
LICENSE = "GPL-3.0-or-later"
LIC_FILES_CHKSUM = "file://LICENSE;md5=1ebbd3e34237af26da5dc08a4e440464"
CVE_PRODUCT = "hall24"

DEPENDS = " \
    fontconfig \
    hanazono-fonts \
    libinput \
    libxkbcommon \
    noto-sans-cjk-sc-fonts \
    pcsc-lite \
    qemu-native \
    udev \
"

require hall24-kiosk-crates.inc
SRC_URI += "file://fonts.conf.in"

inherit cargo externalsrc pkgconfig qemu useradd

# The layer is a folder of the sources: what is checked out is what is built.
EXTERNALSRC = "${HALL24_REPOSITORY}"
EXTERNALSRC_BUILD = "${WORKDIR}/build"
EXTERNALSRC_SYMLINKS = ""

CARGO_BUILD_FLAGS += "\
    --no-default-features \
    --package kiosk \
    --package hall24-notice \
    --package hall24-notice-pictures \
"

# Number and shell are those of images/files/usr/lib/sysusers.d/hall24.conf.
USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = " \
    --system --uid 810 --user-group --no-create-home --home-dir ${localstatedir}/lib/hall24 --shell /bin/sh hall24 \
"

PROGRAMS = "${B}/target/${CARGO_TARGET_SUBDIR}"

# Drawn for the target by the target's program: fonts and libraries are the appliance's.
do_compile:append () {
    sed -e 's!@FONTS@!${STAGING_DATADIR}/fonts!' -e 's!@CACHE@!${B}/fontconfig!' -e 's!@FILES@!${HALL24_FILES}!' \
        ${UNPACKDIR}/fonts.conf.in >${B}/fonts.conf
    rm -rf ${B}/pictures
    FONTCONFIG_FILE=${B}/fonts.conf \
        ${@qemu_wrapper_cmdline(d, '${STAGING_DIR_TARGET}', ['${STAGING_LIBDIR}', '${STAGING_BASELIBDIR}'])} \
        ${PROGRAMS}/hall24-notice-pictures ${B}/pictures
}

do_install () {
    install -D -m 0755 ${PROGRAMS}/kiosk ${D}${bindir}/kiosk
    install -D -m 0755 ${PROGRAMS}/notice ${D}${nonarch_libdir}/hall24/notice
    install -d ${D}${datadir}/hall24
    install -m 0644 ${B}/pictures/*.png ${D}${datadir}/hall24/
}

FILES:${PN} += "${datadir}/hall24 ${nonarch_libdir}/hall24"

RDEPENDS:${PN} = " \
    alsa-utils-amixer \
    alsa-utils-aplay \
    ccid \
    hall24-system \
    hanazono-fonts \
    noto-sans-cjk-sc-fonts \
    pcsc-lite \
    xkeyboard-config \
"
