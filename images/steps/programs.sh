#!/usr/bin/env bash
# Our own programs, as an appliance has them: release, without the bench and the demo hall; the plain screens; the voice. HALL24_PROFILE=dev takes
# what tests have compiled already, all features in it, for images that nobody ships.
source "$(dirname "$0")/../common.sh"
cd "$project"
# Crates with C in them would be compiled anew for every other time of the image.
unset SOURCE_DATE_EPOCH
cargo=${CARGO:-cargo}
profile=${HALL24_PROFILE:-release}
[ "$profile" = dev ] && built=debug || built=$profile
host=$(rustc -vV | sed -n 's/^host: //p')

# Without --target, what tests and `make bench` built is used again.
build_here() { "$cargo" build --quiet --locked --profile "$profile" "$@"; }

# For another machine: the linker and the libraries of that machine, and a compiler that has its standard library. Where
# the toolchain has none, Debian's rustc-web brings one.
build_there() {
  local name=${rust_target//-/_}
  [ -d "$(rustc --print sysroot)/lib/rustlib/$rust_target/lib" ] || export RUSTC=/usr/bin/rustc
  export PKG_CONFIG_ALLOW_CROSS=1
  export "CARGO_TARGET_${name^^}_LINKER=$gnu-gcc" "CC_$name=$gnu-gcc" "PKG_CONFIG_LIBDIR_$name=/usr/lib/$gnu/pkgconfig:/usr/share/pkgconfig"
  build_here --target "$rust_target" "$@"
}

say "building the kiosk"
if [ "$host" != "$rust_target" ]; then
  programs=$CARGO_TARGET_DIR/$rust_target/$built
  (build_there --package kiosk --no-default-features && build_there --package hall24-notice)
elif [ "$profile" = dev ]; then
  programs=$CARGO_TARGET_DIR/$built
  build_here --workspace --all-features --bins
else
  programs=$CARGO_TARGET_DIR/$built
  build_here --package kiosk --no-default-features
  build_here --package hall24-notice
fi
mkdir -p "$work/programs"
for program in kiosk notice; do "$gnu-strip" --strip-all -o "$work/programs/$program" "$programs/$program"; done

say "building what draws and speaks"
if [ "$profile" = dev ]; then
  build_here --workspace --all-features --bins
else
  build_here --package hall24-notice-pictures
  build_here --package hal --features voice --bin hal-voice
fi
"$CARGO_TARGET_DIR/$built/hall24-notice-pictures" "$work/pictures"

say "rendering the voice"
rm -rf "$work/voice"
"$CARGO_TARGET_DIR/$built/hal-voice" --lexicon hal/voice/lexicon.toml --out "$work/voice" hal/voice/zh-CN.toml hal/voice/en.toml >&2
