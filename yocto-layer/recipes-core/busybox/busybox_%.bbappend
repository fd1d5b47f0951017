FILESEXTRAPATHS:prepend:hall24 := "${THISDIR}/files:"

# What images/boot/init and prepare-data ask busybox for.
SRC_URI:append:hall24 = " file://hall24.cfg"
