#!/usr/bin/env bash
# Every test: Rust's own, the whole way in a browser, and the build with a planted defect that must be found.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v cargo-nextest >/dev/null; then
  cargo nextest run --locked --no-fail-fast
  cargo test --locked --doc --quiet
else
  cargo test --locked --no-fail-fast
fi
tests/live_call.py target/debug/assay
tests/api.sh
tests/webhooks.sh
tests/browser.sh
tests/planted_coupling.sh
