#!/usr/bin/env bash
# Compiles programs of ours for ARCH with these arguments of cargo, and prints the folder they are in. HALL24_PROFILE=dev takes what tests have
# compiled already, all features in it, for images that nobody ships.
source "$(dirname "$0")/../common.sh"
cd "$project"
# Crates with C in them would be compiled anew for every other time of the image.
unset SOURCE_DATE_EPOCH
profile=${HALL24_PROFILE:-release}
[ "$profile" = dev ] && built=debug || built=$profile
# Where the sources lie is nobody's concern, and the same bytes come out of every folder. What tests have compiled knows nothing of it.
[ "$profile" = dev ] || export RUSTFLAGS="--remap-path-prefix=$project=/hall24 --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
build() { "${CARGO:-cargo}" build --quiet --locked --profile "$profile" "$@" >&2; }

# For another machine: the linker and the libraries of that machine, and a compiler that has its standard library. Where
# the toolchain has none, Debian's rustc-web brings one.
build_there() {
  local name=${rust_target//-/_}
  RUSTC=$(rustc_for_target)
  export RUSTC
  export PKG_CONFIG_ALLOW_CROSS=1
  export "CARGO_TARGET_${name^^}_LINKER=$gnu-gcc" "CC_$name=$gnu-gcc" "PKG_CONFIG_LIBDIR_$name=/usr/lib/$gnu/pkgconfig:/usr/share/pkgconfig"
  build --target "$rust_target" "$@"
}

# Without --target, what tests and `make bench` built is used again.
if [ "$(rustc -vV | sed -n 's/^host: //p')" != "$rust_target" ]; then
  build_there "$@"
  echo "$CARGO_TARGET_DIR/$rust_target/$built"
  exit
fi
[ "$profile" != dev ] || set -- --workspace --all-features --bins
build "$@"
echo "$CARGO_TARGET_DIR/$built"
