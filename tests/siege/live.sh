#!/usr/bin/env bash
# The sieges of tests/siege.rs on the wire: each is written as a capture file, then played onto the loopback of a network
# namespace of its own, with the pace that it has, before a box that records. Shows what of the hundred calls was lost, what
# the kernel dropped, memory and CPU. Needs root, tcpreplay and a release build.
#   SECONDS_EACH=20 RATE=50000 tests/siege/live.sh [FLOOD...]
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" -eq 0 ] || { echo "live siege: a network namespace needs root" >&2; exit 1; }
command -v tcpreplay >/dev/null || apt-get install -y -q --no-install-recommends tcpreplay >/dev/null
box=${BOX:-target/release/assay}
[ -x "$box" ] || cargo build --locked --release --quiet
work=$(mktemp -d) space=asS$$
started=()
tidy() {
  for id in "${started[@]}"; do kill "$id" 2>/dev/null || true; done
  wait
  ip netns del "$space" 2>/dev/null || true
  rm -rf "$work"
}
trap tidy EXIT
ip netns add "$space"
ip -n "$space" link set lo up
metrics() { ip netns exec "$space" curl -s http://127.0.0.1:8480/metrics; }
metric() { metrics | awk -v name="assay_$1" '$1 == name {print $2}'; }
export ASSAY_SIEGE_WRITE=$work ASSAY_SIEGE_SECONDS=${SECONDS_EACH:-20} ASSAY_SIEGE_RATE=${RATE:-50000} ASSAY_LOG=error
floods=${*:-none invites re-invites malformed sdp rtp-honest rtp-unknown rtcp tcp fragments hep tunnels}
failed=0
for flood in $floods; do
  # The siege's own tests write the file of each flood.
  ASSAY_SIEGE_ONLY=$flood "${SIEGE:?names the built tests of siege.rs, as cargo test --no-run --test siege says}" --exact a_siege_is_written >/dev/null
  rm -rf "$work/data"
  ip netns exec "$space" "$box" run --data "$work/data" -i lo --listen 127.0.0.1:8480 2>"$work/log" &
  pid=$!
  started+=("$pid")
  until metrics | grep -q assay_; do sleep 0.1; done
  ticks=$(awk '{print $14 + $15}' "/proc/$pid/stat")
  ip netns exec "$space" tcpreplay -q -K -i lo "$work/$flood.pcap" >"$work/played" 2>&1 || true
  # The last calls close, the metrics are of the last second.
  sleep 6
  cpu=$(($(awk '{print $14 + $15}' "/proc/$pid/stat") - ticks))
  peak=$(awk '/VmHWM/ {print int($2 / 1024)}' "/proc/$pid/status")
  frames=$(metric frames_total)
  dropped=$(metric kernel_dropped_total)
  unaccounted=$(metric packets_unaccounted)
  # Sealed are those of the siege too, one after the other: wait for people's.
  python3 tests/siege/look.py "$work/data/assay.db" "$ASSAY_SIEGE_SECONDS" "$flood" "$frames" "$dropped" "$unaccounted" "$cpu" "$peak" || failed=1
  metrics | grep -E "^assay_(packets_discarded|limits_met)_total|^assay_spool_(lost|facts)" | sed 's/^/    /' || true
  kill "$pid"
  wait "$pid" || true
  rm -f "$work/$flood.pcap"
done
exit $failed
