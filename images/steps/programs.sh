#!/usr/bin/env bash
# Our own programs, as an appliance has them: without the bench and the demo hall. HALL24_PROFILE=dev takes
# what tests have compiled already, for images that nobody ships.
source "$(dirname "$0")/../common.sh"
cd "$project"
# Crates with C in them would be compiled anew for every other time of the image.
unset SOURCE_DATE_EPOCH
cargo=${CARGO:-cargo}
profile=${HALL24_PROFILE:-release}
folder=${profile/#dev/debug}
build=("$cargo" build --quiet --locked --profile "$profile")
programs=$CARGO_TARGET_DIR/$folder
# Without --target, what `make bench` built is used again.
if [ "$(rustc -vV | sed -n 's/^host: //p')" != "$rust_target" ]; then
  build+=(--target "$rust_target")
  programs=$CARGO_TARGET_DIR/$rust_target/$folder
fi

say "building the kiosk"
"${build[@]}" --package kiosk --no-default-features
"${build[@]}" --package hall24-notice
mkdir -p "$work/programs"
for program in kiosk notice; do strip --strip-all -o "$work/programs/$program" "$programs/$program"; done

say "drawing the plain screens"
"$cargo" run --quiet --locked --profile "$profile" --package hall24-notice-pictures -- "$work/pictures"
