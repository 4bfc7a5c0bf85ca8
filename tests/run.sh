#!/usr/bin/env bash
# Every test: Rust's own, live calls, the whole way in a browser, and the build with a planted defect that must be found.
set -euo pipefail
cd "$(dirname "$0")/.."

ended=()
stage() { # what ended, and when it began
  ended+=("$(printf '%4d s  %s' $((SECONDS - $2)) "$1")")
}
own=() running=()
# What runs beside is a process group of its own, so that it ends with this, however this ends.
set -m
end() {
  for group in "${running[@]}"; do kill -- "-$group" 2>/dev/null || true; done
  rm -rf "${own[@]}"
}
trap end EXIT

# What tests write is gone when they end: it lies in memory where there is plenty, and programs may run from there.
room=$(awk '/^MemAvailable/ { print int($2 / 1024 / 1024) }' /proc/meminfo)
if [ "$room" -ge 12 ] && memory=$(mktemp -d /dev/shm/assay-tests.XXXXXX 2>/dev/null); then
  own+=("$memory")
  cp /bin/true "$memory/tried"
  if "$memory/tried" 2>/dev/null; then
    # Servers run as other users, who have to get at theirs.
    chmod 755 "$memory"
    export TMPDIR=$memory
  fi
fi

# The page's tests share the processors evenly; Clippy and rustdoc take what is left, and the rest of their time beside the walks.
checked=$(mktemp)
own+=("$checked")
began=$SECONDS
{
  make --no-print-directory check-page && echo "== check-page: $((SECONDS - began)) s" &&
    nice -n 19 make --no-print-directory check-code && echo "== check-code: $((SECONDS - began)) s"
} >"$checked" 2>&1 &
checks=$!
running+=("$checks")
# The units in a machine of their own, which waits more than it works.
machine=$(mktemp)
own+=("$machine")
tests/live_units.py target/debug/assay >"$machine" 2>&1 &
units=$!
running+=("$units")
tests/statistics.sh
if command -v cargo-nextest >/dev/null; then
  cargo nextest run --locked --no-fail-fast --config-file tests/nextest.toml
  cargo test --locked --doc --quiet
else
  cargo test --locked --no-fail-fast
fi
stage "Rust's tests" "$began"
began=$SECONDS
tests/live_call.py target/debug/assay
tests/live_halves.py target/debug/assay
target/statistics/bin/python -B tests/voicemails/measured.py target/debug/assay
wait $units || { cat "$machine"; exit 1; }
cat "$machine"
stage "live calls" "$began"

# Pages wait more than they work: the others run beside them, and what they say comes whole, one after the other.
beside=$(mktemp) walked=$(mktemp)
own+=("$beside" "$walked")
began=$SECONDS
(
  for other in tests/{api,webhooks,independent,planted_coupling}.sh; do
    from=$SECONDS
    "$other" || { echo "== $other failed"; exit 1; }
    echo "== $other: $((SECONDS - from)) s"
  done
) >"$beside" 2>&1 &
others=$!
running+=("$others")
pages=0
tests/browser.sh 2>&1 | tee "$walked" || pages=$?
stage "walks in the browser" "$began"
rest=0 unchecked=0
wait $others || rest=$?
wait $checks || unchecked=$?
stage "walks and what ran beside them" "$began"
cat "$beside" "$checked"
printf '%s\n' "${ended[@]}"
# What failed stands last, where it is read first.
[ $pages -eq 0 ] || { echo "== the walk in the browser failed:" && tail -n 40 "$walked"; }
[ $rest -eq 0 ] || { echo "== what ran beside the browser failed:" && tail -n 40 "$beside"; }
[ $unchecked -eq 0 ] || { echo "== make check-page check-code failed:" && tail -n 60 "$checked"; }
exit $((pages || rest || unchecked))
