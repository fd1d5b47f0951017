#!/usr/bin/env bash
# Random bytes for every codec of hal, for so many seconds each (10 without an argument).
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
if ! cargo +nightly --version >/dev/null 2>&1; then
  echo "fuzz: needs a nightly toolchain: rustup toolchain install nightly" >&2
  exit 2
fi
command -v cargo-fuzz >/dev/null || cargo install --locked --quiet cargo-fuzz
cd hal
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../target/fuzz}
cargo +nightly fuzz build --strip-dead-code >/dev/null 2>&1 || cargo +nightly fuzz build
total=0
failed=0
for target in $(cargo +nightly fuzz list); do
  found="$CARGO_TARGET_DIR/found/$target"
  log="$CARGO_TARGET_DIR/found/$target.log"
  mkdir -p "$found"
  # The seeds are read only; what is new goes beside the build.
  if ! cargo +nightly fuzz run "$target" "$found" "fuzz/seeds/$target" -- \
       -max_total_time="$seconds" -print_final_stats=1 -max_len=16384 -timeout=10 >"$log" 2>&1; then
    echo "$target: FAILED, see $log"
    failed=1
    continue
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  total=$((total + runs))
  echo "$target: $runs executions, $rate a second"
done
echo "$total executions"
exit $failed
