#!/usr/bin/env bash
# Debian's packages as a tar, trimmed: packages-ARCH.tar, and their list for the papers.
source "$(dirname "$0")/../common.sh"

result=$work/packages.tar
# A file in the format of sources.list; without it mmdebstrap's own choice, with Debian's security updates.
sources=${HALL24_SOURCES:-}
stamp=$(cat "$images"/packages/{common,"$ARCH",left-out,purged}.* "$0" ${sources:+"$sources"} | sha256sum)
if [ -f "$result" ] && [ "$(cat "$result.stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

include=$(entries "$images"/packages/{common,"$ARCH"}.list | paste -sd,)
options=()
while read -r path; do
  case $path in
    !*) options+=(--dpkgopt="path-include=${path#!}") ;;
    *) options+=(--dpkgopt="path-exclude=$path") ;;
  esac
done < <(entries "$images/packages/left-out.paths")

forced="--force-depends --force-remove-essential --force-remove-protected"
"$images/steps/emulation.sh"
say "installing Debian's packages"
# The initial RAM disk is put together by steps/initrd.sh: mkinitramfs would run twice for nothing.
mmdebstrap --architectures="$ARCH" --variant=essential --format=tar --include="$include" "${options[@]}" \
  --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
  --dpkgopt=force-unsafe-io --aptopt='Apt::Install-Recommends "false"' \
  --essential-hook='chroot "$1" dpkg-divert --quiet --local --rename --add /usr/sbin/update-initramfs' \
  --essential-hook='ln -s /bin/true "$1/usr/sbin/update-initramfs"' \
  --customize-hook="chroot \"\$1\" dpkg-query --show --showformat '\${Package}\t\${Version}\t\${Architecture}\t\${Source}\n' >'$work/packages.tsv'" \
  --customize-hook="chroot \"\$1\" dpkg --purge $forced $(entries "$images/packages/purged.list" | paste -sd' ')" \
  --customize-hook="chroot \"\$1\" dpkg --purge $forced perl-base" \
  --customize-hook='rm "$1/usr/sbin/update-initramfs"' \
  bookworm "$result.new" ${sources:+"$sources"}
mv "$result.new" "$result"
echo "$stamp" >"$result.stamp"
