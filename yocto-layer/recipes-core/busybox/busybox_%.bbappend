FILESEXTRAPATHS:prepend:hall24 := "${THISDIR}/files:"

# images/boot/init asks busybox to install its programs.
SRC_URI:append:hall24 = " file://hall24.cfg"
