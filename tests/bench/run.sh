#!/usr/bin/env bash
# DESIGN §5, first rows: CPU time and memory of a capture of overlapping calls, beside tcpdump on the same file in the
# same run. The machine is shared: read the ratios, not the seconds.
#   CALLS=500 SECONDS_EACH=60 ROUNDS=3 tests/bench/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --locked --release --quiet
calls=${CALLS:-500} seconds=${SECONDS_EACH:-60} rounds=${ROUNDS:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 tests/bench/load.py "$calls" "$seconds" "$work/load.pcap"
echo "$calls calls of $seconds s, $(stat -c %s "$work/load.pcap" | numfmt --to=iec) of capture, $(nproc) cores"

# CPU seconds and peak kilobytes of a command. What earlier ones left to the disk is written first; their folders stay until
# the end, since ext4 takes its time to use again what was deleted a moment ago.
measure() {
  sync
  python3 - "$@" <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{u.ru_utime + u.ru_stime:.3f} {u.ru_maxrss}")
PY
}

printf '%-28s %10s %10s %10s\n' "" "CPU s" "x tcpdump" "peak MB"
for round in $(seq "$rounds"); do
  read -r base _ < <(measure tcpdump -r "$work/load.pcap" -w /dev/null)
  printf '%-28s %10s %10s\n' "tcpdump -r -w /dev/null" "$base" 1.0
  # The tap alone, in the open and under a key.
  for key in "" key; do
    data=$work/$round-tap$key
    [ -z "$key" ] || ./target/release/assay key new --data "$data" >/dev/null
    read -r cpu kb < <(measure ./target/release/assay replay "$work/load.pcap" --data "$data" --tap-only)
    printf '%-28s %10s %10s %10s\n' "assay, tap alone${key:+, encrypted}" "$cpu" "$(python3 -c "print(f'{$cpu / $base:.1f}')")" "$((kb / 1024))"
  done
  for format in wav g711 opus; do
    read -r cpu kb < <(measure ./target/release/assay replay "$work/load.pcap" --data "$work/$round-$format" --format "$format")
    printf '%-28s %10s %10s %10s\n' "assay replay, sealed to $format" "$cpu" "$(python3 -c "print(f'{$cpu / $base:.1f}')")" "$((kb / 1024))"
  done
done
