#!/usr/bin/env bash
# Renders the kiosk's voice into the folder that is named, for example voice.sh /usr/share/hall24/voice.
set -euo pipefail
if [ $# != 1 ]; then
  echo "voice.sh: expected the folder for the clips" >&2
  exit 2
fi
out=$(realpath -m "$1")
cd "$(dirname "$0")/.."
scripts/install.sh voice
exec cargo run --quiet -p hal --features voice --bin hal-voice -- \
  --lexicon hal/voice/lexicon.toml --out "$out" hal/voice/zh-CN.toml hal/voice/en.toml
