#!/usr/bin/env bash
# Runs every test. Ends with the test runner's own closing line.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v cargo-nextest >/dev/null; then
  cargo install --locked --quiet cargo-nextest
fi
# The end-to-end tests run these programs.
cargo build --workspace --all-features --bins --quiet
exec cargo nextest run --workspace --all-features --no-fail-fast --status-level fail --final-status-level slow "$@"
