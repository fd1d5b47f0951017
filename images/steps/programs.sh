#!/usr/bin/env bash
# Our own programs, as an appliance has them: release, without the bench and the demo hall. HALL24_PROFILE=dev takes
# what tests have compiled already, all features in it, for images that nobody ships.
source "$(dirname "$0")/../common.sh"
cd "$project"
# Crates with C in them would be compiled anew for every other time of the image.
unset SOURCE_DATE_EPOCH
cargo=${CARGO:-cargo}
take() {
  mkdir -p "$work/programs"
  for program in kiosk notice; do strip --strip-all -o "$work/programs/$program" "$1/$program"; done
}

if [ "${HALL24_PROFILE:-release}" = dev ]; then
  "$cargo" build --quiet --locked --workspace --all-features --bins
  take "$CARGO_TARGET_DIR/debug"
  "$CARGO_TARGET_DIR/debug/hall24-notice-pictures" "$work/pictures"
  exit 0
fi

build=("$cargo" build --quiet --locked --release)
programs=$CARGO_TARGET_DIR/release
# Without --target, what `make bench` built is used again.
if [ "$(rustc -vV | sed -n 's/^host: //p')" != "$rust_target" ]; then
  build+=(--target "$rust_target")
  programs=$CARGO_TARGET_DIR/$rust_target/release
fi

say "building the kiosk"
"${build[@]}" --package kiosk --no-default-features
"${build[@]}" --package hall24-notice
take "$programs"

say "drawing the plain screens"
"$cargo" run --quiet --locked --release --package hall24-notice-pictures -- "$work/pictures"
