#!/usr/bin/env bash
# Writes the crates that the layer's recipe of the kiosk fetches, from Cargo.lock. With --check only says whether
# the file is up to date. All crates of the lock file are needed: Cargo resolves the whole workspace before it
# builds a part of it, and does not go on when one is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
file=yocto-layer/recipes-kiosk/hall24-kiosk/hall24-kiosk-crates.inc

crates() {
  awk '
    function value() { split($0, part, "\""); return part[2] }
    function emit() { if (origin ~ /^registry\+.*crates\.io/) print name, version, checksum }
    /^\[\[package\]\]/ { emit(); name = version = origin = checksum = "" }
    /^name = /     { name = value() }
    /^version = /  { version = value() }
    /^source = /   { origin = value() }
    /^checksum = / { checksum = value() }
    END { emit() }
  ' Cargo.lock | LC_ALL=C sort
}

include() {
  echo "# Written by scripts/yocto-crates.sh from Cargo.lock; do not edit."
  echo
  echo 'SRC_URI += "\'
  crates | awk '{ printf "    crate://crates.io/%s/%s \\\n", $1, $2 }'
  echo '"'
  echo
  crates | awk '{ printf "SRC_URI[%s-%s.sha256sum] = \"%s\"\n", $1, $2, $3 }'
}

if [ "${1:-}" = --check ]; then
  include | cmp -s - "$file" || { echo "$file is not what Cargo.lock says: run scripts/yocto-crates.sh" >&2; exit 1; }
else
  include >"$file"
fi
