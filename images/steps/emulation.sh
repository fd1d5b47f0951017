#!/usr/bin/env bash
# Has the kernel run programs of ARCH by QEMU where they are not this machine's: packages are installed by their own scripts.
source "$(dirname "$0")/../common.sh"

arch-test "$ARCH" >/dev/null 2>&1 && exit 0
registry=/proc/sys/fs/binfmt_misc
[ -e "$registry/register" ] || mount -t binfmt_misc binfmt_misc "$registry" 2>/dev/null || true
if [ "$ARCH" = arm64 ] && [ ! -e "$registry/qemu-aarch64" ]; then
  # An ELF header of 64 bits, little endian, executable or shared, for machine 183 (AArch64); F opens QEMU at once, for chroots.
  magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
  mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
  echo ":qemu-aarch64:M::$magic:$mask:/usr/bin/qemu-aarch64-static:POF" >"$registry/register" 2>/dev/null || true
fi
arch-test "$ARCH" >/dev/null 2>&1 || {
  say "programs of $ARCH cannot be run here; as root, install qemu-user-static and register it with binfmt_misc"
  exit 1
}
