SUMMARY = "A boot slot: kernel, initial RAM disk, and what the kernel is told"
DESCRIPTION = "A FAT file system that the boot script reads. slot.env holds the root's hash and the sums of the files, \
so that neither a slot that was written halfway nor one that rotted is started."
SECTION = "base"
LICENSE = "GPL-3.0-or-later"
LIC_FILES_CHKSUM = "file://${HALL24_REPOSITORY}/LICENSE;md5=1ebbd3e34237af26da5dc08a4e440464"
CVE_PRODUCT = "hall24"

DEPENDS = "dosfstools-native mtools-native"

S = "${UNPACKDIR}"

inherit deploy nopackages

PACKAGE_ARCH = "${MACHINE_ARCH}"
INHIBIT_DEFAULT_DEPS = "1"

# As images/steps/slot.sh, without what only a PC knows.
HALL24_ARGUMENTS = " \
    panic=5 oops=panic gpt quiet loglevel=1 vt.global_cursor_default=0 systemd.gpt_auto=0 systemd.show_status=0 \
    slab_nomerge init_on_alloc=1 watchdog.open_timeout=180 \
"
HALL24_BOOT_SLOT_MIB ?= "64"

do_configure[noexec] = "1"
do_compile[depends] += " \
    hall24-initramfs:do_image_complete \
    hall24-root:do_image_complete \
    virtual/kernel:do_deploy \
"
do_compile[cleandirs] = "${B}"
do_compile[vardeps] += "HALL24_ARGUMENTS"
do_compile () {
    root=${DEPLOY_DIR_IMAGE}/hall24-root-${MACHINE}.rootfs
    hash=$(cat $root.root-hash)
    size=$(cat $root.root-size)
    mkdir slot
    cp -L ${DEPLOY_DIR_IMAGE}/${KERNEL_IMAGETYPE} slot/kernel
    cp -L ${DEPLOY_DIR_IMAGE}/hall24-initramfs-${MACHINE}.cpio.zst slot/initrd
    {
        echo "hall24_arguments=hall24.root_hash=$hash hall24.root_size=$size ${@' '.join(d.getVar('HALL24_ARGUMENTS').split())}"
        echo "hall24_kernel=$(sha256sum slot/kernel | cut -c1-64)"
        echo "hall24_initrd=$(sha256sum slot/initrd | cut -c1-64)"
    } >slot/slot.env
    touch --date="@${SOURCE_DATE_EPOCH}" slot/*
    truncate --size=${HALL24_BOOT_SLOT_MIB}M boot-slot.img
    mkfs.vfat --invariant -F 32 -i 48414c4c -n BOOT boot-slot.img
    mcopy -i boot-slot.img -m slot/* ::
}

do_deploy () {
    install -m 0644 ${B}/boot-slot.img ${DEPLOYDIR}/hall24-boot-slot-${MACHINE}.img
}
addtask deploy after do_compile before do_build

B = "${WORKDIR}/build"
