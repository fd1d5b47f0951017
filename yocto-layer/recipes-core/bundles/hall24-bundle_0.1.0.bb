SUMMARY = "A signed update of the appliance"
DESCRIPTION = "Root and boot slot for RAUC, in the format whose contents are verified while they are read."
SECTION = "images"
LICENSE = "GPL-3.0-or-later"
CVE_PRODUCT = "hall24"

inherit bundle

RAUC_BUNDLE_COMPATIBLE = "${HALL24_COMPATIBLE}"
RAUC_BUNDLE_VERSION = "${HALL24_VERSION}"
RAUC_BUNDLE_DESCRIPTION = "Hall24 appliance"
RAUC_BUNDLE_FORMAT = "verity"
# The same inputs give the same manifest.
RAUC_BUNDLE_BUILD = "${HALL24_VERSION}"

RAUC_BUNDLE_SLOTS = "rootfs boot"
RAUC_SLOT_rootfs = "hall24-root"
RAUC_SLOT_rootfs[file] = "hall24-root-${MACHINE}.rootfs.squashfs-zst.verity"
RAUC_SLOT_rootfs[rename] = "root.img"
RAUC_SLOT_rootfs[depends] = "hall24-root:do_image_complete"
RAUC_SLOT_boot = "hall24-boot-slot"
RAUC_SLOT_boot[type] = "file"
RAUC_SLOT_boot[file] = "hall24-boot-slot-${MACHINE}.img"
RAUC_SLOT_boot[rename] = "boot.img"
RAUC_SLOT_boot[depends] = "hall24-boot-slot:do_deploy"

RAUC_CERT_FILE = "${HALL24_SIGNING_CERTIFICATE}"
RAUC_KEY_FILE = "${HALL24_SIGNING_KEY}"
