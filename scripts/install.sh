#!/usr/bin/env bash
# Installs the Debian packages that building (build), testing (test), rendering the voice (voice) and images of the appliance
# (image; image-arm64 on top of it for boards; image-window for trying it) need, if they are missing.
set -euo pipefail

packages=()
for what in "$@"; do
  case "$what" in
    build) packages+=(gcc pkg-config libudev-dev libinput-dev libxkbcommon-dev libgbm-dev
                      libfontconfig-dev libpcsclite-dev fontconfig fonts-noto-cjk fonts-hanazono) ;;
    test) packages+=(pcscd vsmartcard-vpcd nut-server cups-ipp-utils dbus-daemon espeak-ng alsa-utils chromium
                     chromium-driver xvfb xdotool libx11-xcb1 libxkbcommon-x11-0 libxcursor1 libxi6) ;;
    voice) packages+=(espeak-ng) ;;
    image) packages+=(mmdebstrap arch-test uidmap libarchive-tools squashfs-tools-ng squashfs-tools cryptsetup-bin e2fsprogs
                      mtools gdisk grub-efi-amd64-bin grub-common rauc openssl cpio zstd jq kmod binutils systemd
                      qemu-system-x86 ovmf swtpm espeak-ng) ;;
    image-amd64) ;;
    # QEMU's window, of use where there is a display.
    image-window) [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || packages+=(qemu-system-gui) ;;
    image-arm64) packages+=(gcc-aarch64-linux-gnu rustc-web libstd-rust-web-dev:arm64 libudev-dev:arm64 libinput-dev:arm64
                            libxkbcommon-dev:arm64 libgbm-dev:arm64 libfontconfig-dev:arm64 libpcsclite-dev:arm64
                            qemu-user-static grub-efi-arm64-bin qemu-system-arm qemu-efi-aarch64) ;;
    *) echo "install.sh: expected build, test, voice, image or image-arm64, not $what" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These Debian packages are needed and cannot be installed from here: ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo)
fi
echo "installing: ${missing[*]}"
log=$(mktemp)
case "${missing[*]}" in *:arm64*) "${as_root[@]}" dpkg --add-architecture arm64 ;; esac
if ! { "${as_root[@]}" apt-get update -qq &&
       "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -20 "$log" >&2
  echo "the packages could not be installed; see above" >&2
  exit 2
fi
rm -f "$log"
