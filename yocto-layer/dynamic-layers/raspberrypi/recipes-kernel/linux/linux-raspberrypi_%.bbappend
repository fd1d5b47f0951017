FILESEXTRAPATHS:prepend:hall24 := "${HALL24_LAYER}/recipes-kernel/linux/files:"

SRC_URI:append:hall24 = " file://hall24.cfg"
