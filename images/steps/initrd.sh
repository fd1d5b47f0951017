#!/usr/bin/env bash
# The initial RAM disk: busybox, veritysetup, e2fsck, mkfs.ext4 with their libraries, a few modules, boot/init.
source "$(dirname "$0")/../common.sh"

tree=$work/tree
disk=$work/initrd.tree
kernel=$(basename "$tree"/lib/modules/*)
rm -rf "$disk"
mkdir -p "$disk"/{bin,sbin,etc,lib,lib64,usr/lib/hall24,extra}

# Copies a program and, by what its ELF header names, its libraries.
declare -A copied
take() {
  local file=$1 library found
  [ -z "${copied[$file]:-}" ] || return 0
  copied[$file]=1
  install -D "$tree/$file" "$disk/$2/$(basename "$file")"
  while read -r library; do
    found=$(cd "$tree" && find usr/lib lib/ -name "$library" -not -path '*/hall24/*' | head -n 1)
    [ -n "$found" ] || { say "no $library for $file"; exit 1; }
    take "$found" lib
  done < <("$gnu-objdump" -p "$tree/$file" | sed -n 's/^ *NEEDED *//p')
}

find_program() { (cd "$tree" && find usr/bin usr/sbin bin/ sbin/ -name "$1" | head -n 1); }

for program in busybox veritysetup e2fsck mkfs.ext4; do take "$(find_program "$program")" bin; done
loader=$(cd "$tree" && for it in lib64/ld-linux* lib/ld-linux*; do [ ! -e "$it" ] || echo "$it"; done | head -n 1)
install -D "$tree/$loader" "$disk/$loader"
install -D -m 644 "$tree/etc/mke2fs.conf" "$disk/etc/mke2fs.conf"
install "$images/boot/init" "$disk/init"
install "$tree/usr/lib/hall24/prepare-data" "$disk/usr/lib/hall24/prepare-data"

entries "$images/boot/modules-$ARCH.list" >"$disk/etc/modules"
while read -r module; do
  # A module that is built in has no file.
  modprobe --dirname "$tree" --set-version "$kernel" --show-depends --ignore-install "$module" 2>/dev/null || true
done <"$disk/etc/modules" | sed -n 's/^insmod //p' | sort -u | while read -r file; do
  install -D -m 644 "${file%% *}" "$disk/lib/modules/$kernel/$(realpath --relative-to="$tree/lib/modules/$kernel" "${file%% *}")"
done
cp "$tree/lib/modules/$kernel"/modules.{order,builtin,builtin.modinfo} "$disk/lib/modules/$kernel/"
depmod --basedir "$disk" "$kernel"

find "$disk" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
(cd "$disk" && find . -mindepth 1 | sort | cpio --quiet --create --format=newc --reproducible --owner=+0:+0) \
  | zstd --quiet -19 --threads=1 >"$work/initrd"
cp "$tree/boot/vmlinuz-$kernel" "$work/vmlinuz"
