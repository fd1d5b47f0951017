FILESEXTRAPATHS:prepend:hall24 := "${THISDIR}/files:"

# What images/boot/init and the scripts of images/files ask busybox for.
SRC_URI:append:hall24 = " file://hall24.cfg"
