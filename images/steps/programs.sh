#!/usr/bin/env bash
# Our own programs, as an appliance has them: without the bench and the demo hall; the plain screens; the voice.
source "$(dirname "$0")/../common.sh"
cd "$project"
compile=$images/steps/compile.sh
host=$(dpkg --print-architecture)

say "building the kiosk"
mkdir -p "$work/programs"
programs=$("$compile" --package kiosk --no-default-features)
"$gnu-strip" --strip-all -o "$work/programs/kiosk" "$programs/kiosk"
programs=$("$compile" --package hall24-notice)
"$gnu-strip" --strip-all -o "$work/programs/notice" "$programs/notice"

say "building what draws and speaks"
programs=$(ARCH=$host "$compile" --package hall24-notice-pictures)
"$programs/hall24-notice-pictures" "$work/pictures"
programs=$(ARCH=$host "$compile" --package hal --features voice --bin hal-voice)

say "rendering the voice"
rm -rf "$work/voice"
"$programs/hal-voice" --lexicon hal/voice/lexicon.toml --out "$work/voice" hal/voice/zh-CN.toml hal/voice/en.toml >&2
