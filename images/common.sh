# What all steps know; read by each with `source`.
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022

images=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(dirname "$images")
: "${ARCH:=amd64}"

# What Git says, or this where the sources came without it. That the folder is somebody else's is no matter: its scripts are run as well.
# Git that says nothing ends the build: a version that has no name of its own cannot be told from the one before.
of_git() {
  local otherwise=$1
  shift
  [ -e "$project/.git" ] || { echo "$otherwise"; return; }
  git -c safe.directory="$project" -C "$project" "$@" && return
  echo "images: Git does not tell version and time; mend that, or set HALL24_VERSION and SOURCE_DATE_EPOCH" >&2
  return 1
}
# The clock of everything that is written; the image's own clock never goes back behind it.
[ -n "${SOURCE_DATE_EPOCH:-}" ] || SOURCE_DATE_EPOCH=$(of_git 1764547200 log -1 --format=%ct)
export SOURCE_DATE_EPOCH
[ -n "${HALL24_VERSION:-}" ] || HALL24_VERSION=$(of_git 0 describe --always --dirty)
: "${CARGO_TARGET_DIR:=$project/target}"
export CARGO_TARGET_DIR

output=$CARGO_TARGET_DIR/image
work=$output/work-$ARCH
mkdir -p "$work"

# What differs between machines: Rust's and GRUB's names for them, what UEFI starts, and the tools for their programs.
case $ARCH in
  amd64) rust_target=x86_64-unknown-linux-gnu grub_format=x86_64-efi efi_program=BOOTX64.EFI gnu=x86_64-linux-gnu ;;
  arm64) rust_target=aarch64-unknown-linux-gnu grub_format=arm64-efi efi_program=BOOTAA64.EFI gnu=aarch64-linux-gnu ;;
  *) echo "images: ARCH=$ARCH cannot be built; expected amd64 or arm64" >&2; exit 2 ;;
esac

# Who compiles for it: where the toolchain has not that machine's standard library, Debian's rustc-web.
rustc_for_target() {
  if [ -d "$(rustc --print sysroot)/lib/rustlib/$rust_target/lib" ]; then echo rustc; else echo /usr/bin/rustc; fi
}

# Names in a list file, without remarks.
entries() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"; }

# A uuid that follows from a name: the same in every build, different for every part.
uuid_of() {
  local digits
  digits=$(printf 'hall24 %s' "$1" | sha256sum)
  printf '%s-%s-8%s-a%s-%s\n' "${digits:0:8}" "${digits:8:4}" "${digits:13:3}" "${digits:17:3}" "${digits:20:12}"
}

say() { echo "images: $*" >&2; }
