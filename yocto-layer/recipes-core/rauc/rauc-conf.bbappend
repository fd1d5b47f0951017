FILESEXTRAPATHS:prepend:hall24 := "${HALL24_REPOSITORY}/images/rauc:${@os.path.dirname(d.getVar('HALL24_KEYRING'))}:"

# The authorities whose signatures an appliance accepts.
RAUC_KEYRING_FILE:hall24 = "${@os.path.basename(d.getVar('HALL24_KEYRING'))}"

do_install:append:hall24 () {
    sed -i -e 's!@BOOTLOADER@!uboot!' -e 's!@COMPATIBLE@!${HALL24_COMPATIBLE}!' -e 's!@KEYRING@!${nonarch_libdir}/rauc/${RAUC_KEYRING_FILE}!' \
        ${D}${nonarch_libdir}/rauc/system.conf
}
