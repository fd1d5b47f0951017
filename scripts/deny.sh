#!/usr/bin/env bash
# Licences, bans and sources of all dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v cargo-deny >/dev/null; then
  cargo install --locked --quiet cargo-deny
fi
checks=(bans licenses sources)
# Advisories need their database, which not every machine may fetch.
if cargo deny --log-level error fetch db >/dev/null 2>&1; then
  checks+=(advisories)
else
  echo "advisories: the database cannot be fetched from here, not checked" >&2
fi
cargo deny --log-level error check "${checks[@]}"
