#!/usr/bin/env bash
# A signed update for RAUC of a root and its boot slot.
source "$(dirname "$0")/../common.sh"

root=${1:-$work/root}
boot=${2:-$work/boot.img}
result=${3:-$output/hall24-$ARCH.raucb}
folder=$work/bundle
rm -rf "$folder" "$result" "$result.toml"
mkdir -p "$folder"
cp --reflink=auto "$root.squashfs" "$folder/root.img"
cp --reflink=auto "$boot" "$folder/boot.img"
cat >"$folder/manifest.raucm" <<MANIFEST
[update]
compatible=hall24-$ARCH
version=$HALL24_VERSION

[bundle]
format=verity

[image.rootfs]
filename=root.img

[image.boot]
filename=boot.img
MANIFEST
# The appliance's own rules for signatures hold here as well.
rauc --conf="$work/tree/etc/rauc/system.conf" --cert="${HALL24_SIGNING_CERTIFICATE:-$output/keys/development/signing.pem}" \
  --key="${HALL24_SIGNING_KEY:-$output/keys/development/signing.key}" \
  --keyring="${HALL24_VERIFY_WITH:-$output/keys/keyring.pem}" bundle "$folder" "$result" >&2
rm -rf "$folder"
# What `office update add` wants to know of it.
cat >"$result.toml" <<DESCRIPTION
version = "$HALL24_VERSION"
compatible = "hall24-$ARCH"
size_bytes = $(stat --format=%s "$result")
sha256 = "$(sha256sum "$result" | cut -c1-64)"
DESCRIPTION
