FILESEXTRAPATHS:prepend:hall24 := "${THISDIR}/files:"

SRC_URI:append:hall24 = " file://watchdog.cfg"

# Where the variables are is said by hall24-system.
do_install:append:hall24 () {
    rm -f ${D}${sysconfdir}/fw_env.config
}
