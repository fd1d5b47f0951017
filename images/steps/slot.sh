#!/usr/bin/env bash
# A boot slot: kernel, initial RAM disk, command line with the root's hash, and the sums that GRUB checks.
# MORE_ARGUMENTS and MORE_INITRD add to it, for tests.
source "$(dirname "$0")/../common.sh"

root=${1:-$work/root}
result=${2:-$work/boot.img}
folder=$work/slot
rm -rf "$folder"
mkdir -p "$folder"
cp "$work"/{vmlinuz,initrd} "$folder/"

arguments="hall24.root_hash=$(cat "$root.hash") hall24.root_size=$(cat "$root.size")"
# Before the system's own settings apply: restart after a panic, print nothing on the panel. Where the power failed while the table of
# partitions was written, its second copy counts.
arguments+=" panic=5 oops=panic gpt quiet loglevel=1 vt.global_cursor_default=0 systemd.gpt_auto=0 systemd.show_status=0"
arguments+=" module.sig_enforce=1 slab_nomerge init_on_alloc=1"
[ "$ARCH" != amd64 ] || arguments+=" vsyscall=none"
# Cards with many serial ports; the kernel prepares four.
arguments+=" 8250.nr_uarts=32"
echo "set arguments=\"$arguments ${MORE_ARGUMENTS:-}\"" >"$folder/slot.cfg"
if [ -n "${MORE_INITRD:-}" ]; then
  cp "$MORE_INITRD" "$folder/more"
  # shellcheck disable=SC2016
  echo 'set more=$boot/more' >>"$folder/slot.cfg"
fi
(cd "$folder" && sha256sum -- * >SHA256SUMS)

rm -f "$result"
truncate --size=64M "$result"
mformat -i "$result" -F -v BOOT -N 48414c4c ::
find "$folder" -exec touch --date="@$SOURCE_DATE_EPOCH" {} +
mcopy -i "$result" -m "$folder"/* ::
