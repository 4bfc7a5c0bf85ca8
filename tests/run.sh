#!/usr/bin/env bash
# Every test: Rust's own, the whole way in a browser, and the build with a planted defect that must be found.
set -euo pipefail
cd "$(dirname "$0")/.."

tests/statistics.sh
if command -v cargo-nextest >/dev/null; then
  cargo nextest run --locked --no-fail-fast --config-file tests/nextest.toml
  cargo test --locked --doc --quiet
else
  cargo test --locked --no-fail-fast
fi
tests/live_call.py target/debug/assay
tests/live_halves.py target/debug/assay
# Pages wait more than they work: the others run beside them, and what they say comes whole, one after the other.
beside=$(mktemp) walked=$(mktemp)
trap 'rm -f "$beside" "$walked"' EXIT
{ tests/api.sh && tests/webhooks.sh && tests/independent.sh && tests/planted_coupling.sh; } >"$beside" 2>&1 &
others=$!
pages=0
tests/browser.sh 2>&1 | tee "$walked" || pages=$?
rest=0
wait $others || rest=$?
cat "$beside"
# What failed stands last, where it is read first.
[ $pages -eq 0 ] || { echo "== the walk in the browser failed:" && tail -n 40 "$walked"; }
[ $rest -eq 0 ] || echo "== what ran beside the browser failed, above"
exit $((pages || rest))
