SUMMARY = "The initial RAM disk: opens the verified root and mounts the data"
DESCRIPTION = "images/boot/init of this repository with the programs it calls."
SECTION = "images"
LICENSE = "GPL-3.0-or-later"
CVE_PRODUCT = "hall24"

inherit core-image

IMAGE_FSTYPES = "cpio.zst"
IMAGE_FEATURES = ""
IMAGE_LINGUAS = ""
IMAGE_NAME_SUFFIX = ""
NO_RECOMMENDATIONS = "1"
PACKAGE_INSTALL = " \
    base-passwd \
    busybox \
    cryptsetup \
    e2fsprogs-e2fsck \
    e2fsprogs-mke2fs \
    hall24-initramfs-init \
"
PACKAGE_EXCLUDE = "kernel-image-*"
IMAGE_ROOTFS_SIZE = "8192"
IMAGE_ROOTFS_EXTRA_SPACE = "0"

# No hooks of systemd or of a read-only root belong in here.
ROOTFS_POSTPROCESS_COMMAND:remove = "set_systemd_default_target systemd_sysusers_check systemd_handle_machine_id"
