#!/usr/bin/env bash
# DESIGN §5, the live row: a thousand G.711 calls at once, 100,000 packets a second and then as fast as it goes, played onto
# the loopback of a network namespace of its own while another program keeps one core busy. Needs root and tcpreplay.
#   CALLS=1000 SECONDS_EACH=20 tests/bench/live.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" -eq 0 ] || { echo "live bench: a network namespace needs root" >&2; exit 1; }
command -v tcpreplay >/dev/null || apt-get install -y -q --no-install-recommends tcpreplay >/dev/null
cargo build --locked --release --quiet
calls=${CALLS:-1000} seconds=${SECONDS_EACH:-20}
work=$(mktemp -d) space=asB$$
started=()
tidy() {
  for id in "${started[@]}"; do kill "$id" 2>/dev/null || true; done
  wait
  ip netns del "$space" 2>/dev/null || true
  rm -rf "$work"
}
trap tidy EXIT
[ -n "${PCAP:-}" ] || { PCAP=$work/load.pcap; python3 tests/bench/load.py "$calls" "$seconds" "$PCAP" 10; }
ip netns add "$space"
ip -n "$space" link set lo up
export ASSAY_LOG=warn
metrics() { ip netns exec "$space" curl -s http://127.0.0.1:8480/metrics; }
taskset -c 0 sh -c 'while :; do :; done' &
started+=($!)
for rate in "--pps=100000 --pps-multi=200" --topspeed; do
  rm -rf "$work/data"
  ip netns exec "$space" ./target/release/assay run --data "$work/data" -i lo --listen 127.0.0.1:8480 2>"$work/log" &
  box=$!
  started+=("$box")
  until metrics | grep -q assay_; do sleep 0.1; done
  # shellcheck disable=SC2086
  ip netns exec "$space" tcpreplay -q -K $rate -i lo "$PCAP" 2>/dev/null | grep -E "Actual|Rated"
  sleep 2
  cpu=$(awk '{print $14 + $15}' "/proc/$box/stat")
  metrics | grep -E "^assay_(frames|packets_spooled|packets_unaccounted|kernel_dropped|interface_lost|spool_lost|calls_in)|discarded_total\{"
  python3 -c "print(f'CPU of the box: {$cpu / 100:.2f} s')"
  # All of them ended at once: how long until the last is sealed, and whether those that somebody waits for came first.
  began=$(date +%s)
  until [ "$(metrics | awk '/^assay_calls_sealed_total/ {print $2}')" -ge "$calls" ] || [ $(($(date +%s) - began)) -gt 600 ]; do sleep 0.5; done
  python3 - "$work/data/assay.db" <<'PY'
import json, sqlite3, sys
rows = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute("SELECT c.facts, c.sealed_at FROM audit a JOIN calls c ON a.subject = 'call:' || c.id WHERE a.action = 'call.sealed' ORDER BY a.seq").fetchall()
claimed = [n + 1 for n, (facts, _) in enumerate(rows) if json.loads(facts)["headers"].get("X-Disposition") == "qualified"]
if rows:
    print(f"{len(rows)} calls sealed in {(rows[-1][1] - rows[0][1]) / 1e6:.0f} s; the {len(claimed)} that ended last and were claimed came as number {', '.join(map(str, claimed))}")
PY
  kill "$box"
  wait "$box" || true
done
