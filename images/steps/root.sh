#!/usr/bin/env bash
# The root file system: packages, our files and programs; squashfs with its verity tree behind it.
# EXTRA names a folder that is laid over it, for tests of versions that fail; HALL24_COMPRESSION=1…22 is quick or small.
source "$(dirname "$0")/../common.sh"

tree=$work/tree
result=${1:-$work/root}
rm -rf "$tree"
mkdir -p "$tree"

say "putting the root together"
bsdtar -xpf "$work/packages.tar" -C "$tree" --exclude './dev/*' --exclude './var/*' --exclude './tmp/*' \
  --exclude './run/*' --exclude './boot/initrd*'
rm -rf "$tree"/var/* "$tree"/etc/{apt,dpkg,kernel,cron.*,fstab,hostname,ssh} "$tree"/usr/lib/{apt,dpkg,locale} \
  "$tree"/usr/share/{bug,doc-base,menu,lintian,perl5,pixmaps,common-licenses.old} "$tree/home" "$tree"/usr/local/* \
  "$tree"/usr/share/man "$tree"/usr/share/info "$tree"/usr/share/zoneinfo/right
# Debian's package manager cannot purge itself.
rm -f "$tree"/usr/bin/{dpkg,dpkg-*,update-alternatives} "$tree"/usr/sbin/{dpkg-*,start-stop-daemon,update-alternatives}
mkdir -p "$tree"/{efi,boot,home,proc,sys,dev,run,tmp,var,root}

# Kernel, modules and the tools of the initial RAM disk are taken from here by steps/initrd.sh.
cp -a "$images/files/." "$tree/"
cp -a "$images/debian/." "$tree/"
install -D -m 755 "$work/programs/kiosk" "$tree/usr/bin/kiosk"
install -D -m 755 "$work/programs/notice" "$tree/usr/lib/hall24/notice"
install -d "$tree/usr/share/hall24"
cp "$work"/pictures/*.png "$tree/usr/share/hall24/"
cp -R "$work/voice" "$tree/usr/share/hall24/voice"
install -D -m 644 "$project/LICENSE" "$tree/usr/share/doc/hall24/copyright"
install -D -m 644 "$output/keys/keyring.pem" "$tree/etc/rauc/keyring.pem"
sed -e "s/@COMPATIBLE@/hall24-$ARCH/" -e 's|@KEYRING@|/etc/rauc/keyring.pem|' -e 's|@BOOTLOADER@|grub\ngrubenv=/efi/EFI/BOOT/grubenv|' \
  "$images/rauc/system.conf" >"$tree/etc/rauc/system.conf"
[ -z "${EXTRA:-}" ] || cp -a "$EXTRA/." "$tree/"
printf '%s\n' 'NAME="Hall24"' 'ID=hall24' 'ID_LIKE=debian' "VERSION_ID=\"$HALL24_VERSION\"" \
  "PRETTY_NAME=\"Hall24 $HALL24_VERSION\"" "IMAGE_ID=hall24-$ARCH" "IMAGE_VERSION=\"$HALL24_VERSION\"" >"$tree/usr/lib/os-release"
ln -sf ../usr/lib/os-release "$tree/etc/os-release"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$tree/etc/resolv.conf"
echo hall24 >"$tree/etc/hostname"
: >"$tree/etc/fstab"
: >"$tree/etc/machine-id"
# The clock is never behind the image's own making.
: >"$tree/usr/lib/clock-epoch"

systemd-sysusers --root="$tree"
rm -rf "$tree"/etc/systemd/system/*.wants "$tree"/etc/systemd/system/*.target "$tree"/etc/systemd/user/*.wants
systemctl --root="$tree" --quiet preset-all
systemctl --root="$tree" --quiet set-default multi-user.target
# Nothing that gives a prompt, asks questions at the first start or restarts at a key; and what only Debian has.
masked=$(entries "$images/masked.list")
# shellcheck disable=SC2086 # a word each
systemctl --root="$tree" --quiet mask $masked e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  dpkg-db-backup.timer apt-daily.timer apt-daily-upgrade.timer systemd-pcrphase.service systemd-boot-system-token.service
rm -f "$tree"/usr/lib/systemd/system-generators/systemd-{getty,gpt-auto,fstab,sysv,debug,cryptsetup,veritysetup,integritysetup,hibernate-resume,system-update}-generator
rm -f "$tree"/etc/{passwd,group,shadow,gshadow,subuid,subgid}- "$tree/etc/.pwd.lock"
sed -i 's/^root:[^:]*:/root:!*:/' "$tree/etc/shadow"
# Nobody changes who he is on an appliance.
find "$tree" -xdev -type f -perm /6000 -exec chmod ug-s {} +
find "$tree" -depth -name __pycache__ -exec rm -rf {} +

say "packing the root"
tar --create --directory "$tree" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner --format=gnu . \
  | tar2sqfs --quiet --force --compressor zstd \
    --comp-extra "level=${HALL24_COMPRESSION:-15}" "$result.squashfs"
# dm-verity wants whole blocks of 4 KiB, and nothing of a former tree behind them.
truncate --size=%4096 "$result.squashfs"
stat --format=%s "$result.squashfs" >"$result.size"
salt=$(sha256sum "$result.squashfs" | cut -c1-64)
veritysetup format --hash-offset="$(cat "$result.size")" --salt="$salt" --uuid="$(uuid_of "verity $salt")" \
  "$result.squashfs" "$result.squashfs" | sed -n 's/^Root hash:[[:space:]]*//p' >"$result.hash"
