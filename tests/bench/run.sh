#!/usr/bin/env bash
# DESIGN §5, first rows: CPU time and memory of a capture of overlapping calls, beside tcpdump on the same file in the
# same run. The machine is shared: read the ratios, not the seconds.
#   CALLS=500 SECONDS_EACH=60 ROUNDS=3 FORMATS="wav g711 opus" tests/bench/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --locked --release --quiet
calls=${CALLS:-500} seconds=${SECONDS_EACH:-60} rounds=${ROUNDS:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 tests/bench/load.py "$calls" "$seconds" "$work/load.pcap"
echo "$calls calls of $seconds s, $(stat -c %s "$work/load.pcap" | numfmt --to=iec) of capture, $(nproc) cores"

# CPU seconds and peak kilobytes of a command. What earlier ones left to the disk is written first, and the capture is read, so that
# nobody pays for a disk from which it has to come; folders stay until the end, since ext4 takes its time to use again what was
# deleted a moment ago. All on one core, as DESIGN §5 counts: with two, what one thread hands another comes from the other's cache.
measure() {
  sync
  cat "$work/load.pcap" >/dev/null
  python3 - "$@" <<'PY'
import os, resource, subprocess, sys
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{u.ru_utime + u.ru_stime:.3f} {u.ru_maxrss}")
PY
}

# A command between two runs of tcpdump, and its time beside theirs: a machine that is slow for a while is so for all three.
beside() {
  local name=$1 before after cpu kb
  shift
  read -r before _ < <(measure tcpdump -r "$work/load.pcap" -w /dev/null)
  read -r cpu kb < <(measure "$@")
  read -r after _ < <(measure tcpdump -r "$work/load.pcap" -w /dev/null)
  python3 -c "print(f'{\"$name\":<28} {$cpu:>10.3f} {($before + $after) / 2:>10.3f} {2 * $cpu / ($before + $after):>10.1f} {$kb // 1024:>10}')"
}

assay=./target/release/assay
printf '%-28s %10s %10s %10s %10s\n' "" "CPU s" "tcpdump s" "x tcpdump" "peak MB"
for round in $(seq "$rounds"); do
  # The tap alone, in the open and under a key.
  for key in "" key; do
    data=$work/$round-tap$key
    [ -z "$key" ] || $assay key new --data "$data" >/dev/null
    beside "tap alone${key:+, encrypted}" $assay replay "$work/load.pcap" --data "$data" --tap-only
  done
  for format in ${FORMATS:-wav g711 opus}; do
    beside "sealed to $format" $assay replay "$work/load.pcap" --data "$work/$round-$format" --format "$format"
  done
done
