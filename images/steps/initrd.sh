#!/usr/bin/env bash
# The initial RAM disk: busybox, veritysetup, e2fsck, mkfs.ext4 with their libraries, a few modules, boot/init.
source "$(dirname "$0")/../common.sh"

disk=$work/initrd.tree
source "$images/steps/take.sh"
rm -rf "$disk"
mkdir -p "$disk"/{bin,sbin,etc,lib,lib64,usr/lib/hall24,extra}

take_programs busybox veritysetup e2fsck mkfs.ext4
install -D -m 644 "$tree/etc/mke2fs.conf" "$disk/etc/mke2fs.conf"
install "$images/boot/init" "$disk/init"
install "$tree/usr/lib/hall24/prepare-data" "$disk/usr/lib/hall24/prepare-data"

entries "$images/boot/modules-$ARCH.list" >"$disk/etc/modules"
mapfile -t modules <"$disk/etc/modules"
take_modules "${modules[@]}"

pack | zstd --quiet -19 --threads=1 >"$work/initrd"
cp "$tree/boot/vmlinuz-$kernel" "$work/vmlinuz"
