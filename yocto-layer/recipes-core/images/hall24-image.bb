SUMMARY = "The appliance's disk"
DESCRIPTION = "What a technician writes to a card: boot loader, its variables, two slots that hold the same, data."
SECTION = "images"
LICENSE = "GPL-3.0-or-later"
CVE_PRODUCT = "hall24"

inherit image

# The parts are made by other recipes; the disk has no root of its own.
IMAGE_FSTYPES = "wic wic.zst wic.bmap"
IMAGE_FEATURES = ""
IMAGE_INSTALL = ""
IMAGE_LINGUAS = ""
PACKAGE_INSTALL = ""
IMAGE_PREPROCESS_COMMAND = ""
ROOTFS_POSTPROCESS_COMMAND = ""

WKS_FILE = "hall24.wks.in"
WKS_FILE_DEPENDS = "bmaptool-native dosfstools-native e2fsprogs-native mtools-native parted-native wic-native"

HALL24_ROOT_MIB ?= "768"
HALL24_DATA_MIB ?= "512"
HALL24_ROOT_IMAGE = "hall24-root-${MACHINE}.rootfs.squashfs-zst.verity"

# U-Boot is a program of its own for QEMU; a Raspberry Pi's firmware loads it from here.
IMAGE_BOOT_FILES:append:qemuarm64 = " boot.scr"

do_image_wic[depends] += " \
    hall24-boot-script:do_deploy \
    hall24-boot-slot:do_deploy \
    hall24-root:do_image_complete \
    u-boot:do_deploy \
"

# A root that outgrows its slot is found here, not in the hall.
python do_check_size () {
    import os
    root = os.path.join(d.getVar('DEPLOY_DIR_IMAGE'), d.getVar('HALL24_ROOT_IMAGE'))
    limit = int(d.getVar('HALL24_ROOT_MIB')) * 1048576
    if os.path.getsize(root) > limit:
        bb.fatal('%s has %d bytes, its slot %d' % (root, os.path.getsize(root), limit))
}
do_check_size[doc] = "Compares the root with the size of its slot"
do_check_size[depends] = "hall24-root:do_image_complete"
addtask check_size before do_image_wic after do_rootfs

