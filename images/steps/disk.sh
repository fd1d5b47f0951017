#!/usr/bin/env bash
# The whole disk: GPT with esp | bootA | rootA | bootB | rootB | data. Slot B holds the same as slot A.
source "$(dirname "$0")/../common.sh"

root=${1:-$work/root}
boot=${2:-$work/boot.img}
result=${3:-$output/hall24-$ARCH.img}
root_mib=384
data_mib=${HALL24_DATA_MIB:-512}

size=$(stat --format=%s "$root.squashfs")
[ "$size" -le $((root_mib * 1048576)) ] || { say "the root is larger than its slot of $root_mib MiB"; exit 1; }

say "writing the disk"
esp=$work/esp.img
rm -f "$esp"
truncate --size=64M "$esp"
grub-mkimage --format="$grub_format" --prefix=/EFI/BOOT --output="$work/$efi_program" --compression=none \
  part_gpt fat normal configfile linux loadenv test regexp hashsum gcry_sha256 echo sleep reboot minicmd
printf '%s\n' '# GRUB Environment Block' >"$work/grubenv"
head -c $((1024 - 25)) /dev/zero | tr '\0' '#' >>"$work/grubenv"
cp "$images/boot/grub.cfg" "$work/grub.cfg"
touch --date="@$SOURCE_DATE_EPOCH" "$work/$efi_program" "$work"/{grubenv,grub.cfg}
mformat -i "$esp" -F -v ESP -N 48414c4d ::
mmd -i "$esp" ::/EFI ::/EFI/BOOT
mcopy -i "$esp" -m "$work/$efi_program" "$work"/{grubenv,grub.cfg} ::/EFI/BOOT/

data=$work/data.img
rm -f "$data"
truncate --size=${data_mib}M "$data"
E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH mke2fs -q -F -t ext4 -L data -m 1 -U "$(uuid_of data)" \
  -E "hash_seed=$(uuid_of hash),lazy_itable_init=1,lazy_journal_init=1" "$data"

rm -f "$result.new"
truncate --size=$((2 + 64 + 64 + root_mib + 64 + root_mib + data_mib))M "$result.new"
sgdisk --clear --disk-guid="$(uuid_of disk)" \
  --new=1:1M:+64M --typecode=1:ef00 --change-name=1:esp --partition-guid=1:"$(uuid_of esp)" \
  --new=2:0:+64M --typecode=2:8300 --change-name=2:bootA --partition-guid=2:"$(uuid_of bootA)" \
  --new=3:0:+${root_mib}M --typecode=3:8300 --change-name=3:rootA --partition-guid=3:"$(uuid_of rootA)" \
  --new=4:0:+64M --typecode=4:8300 --change-name=4:bootB --partition-guid=4:"$(uuid_of bootB)" \
  --new=5:0:+${root_mib}M --typecode=5:8300 --change-name=5:rootB --partition-guid=5:"$(uuid_of rootB)" \
  --new=6:0:+${data_mib}M --typecode=6:8310 --change-name=6:data --partition-guid=6:"$(uuid_of data-partition)" \
  "$result.new" >/dev/null
place() { dd if="$1" of="$result.new" bs=1M seek="$2" conv=notrunc,sparse iflag=fullblock status=none; }
place "$esp" 1
place "$boot" 65
place "$root.squashfs" 129
place "$boot" $((129 + root_mib))
place "$root.squashfs" $((193 + root_mib))
place "$data" $((193 + 2 * root_mib))
mv "$result.new" "$result"
