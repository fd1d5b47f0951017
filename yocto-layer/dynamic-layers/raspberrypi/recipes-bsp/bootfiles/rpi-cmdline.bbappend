# The boot script says what is the root; only what the firmware knows of the board stays.
CMDLINE_ROOTFS:hall24 = ""
# The serial line belongs to a device of the cabinet.
CMDLINE_SERIAL:hall24 = ""
