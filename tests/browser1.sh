#!/usr/bin/env bash
# The whole way from sign-in to the ledger by keyboard, in Chromium, against a demo of its own. Pictures go to target/.
set -euo pipefail
cd "$(dirname "$0")/.."

data=$(mktemp -d)
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
# Its own: a build beside it may put another in the place of this one.
assay=$data/assay
cp target/debug/assay "$assay"
# Chance draws nothing here, so that the one dispute is the one second look.
printf '[review]\nsecond_review_percent = 0\n' >"$data/assay.toml"
$assay demo --config "$data/assay.toml" --data "$data/demo" --prepare-only >"$data/log" 2>&1
# The walk that kills its box has one of its own.
cp -r "$data/demo" "$data/lost"
# The door speaks HTTPS, and asks managers for a second factor.
cp -r "$data/demo" "$data/door"
printf '[server]\ntls = "on"\nsecond_factor = ["manager"]\n' >"$data/door.toml"
# A day's work for the desk: an hour-long call and some fifty short ones, with their leads. Sound is noise.
python3 tests/bench/load.py 58 12 "$data/day.pcap"
python3 tests/bench/load.py 1 3600 "$data/hour.pcap"
{ echo "id,company,contact,phone"; for n in $(seq 0 57); do printf 'B-%02d,Bench %02d,Contact,+49405%06d\n' "$n" "$n" "$n"; done; } >"$data/leads.csv"
$assay leads import "$data/leads.csv" --campaign "Fleet autumn" --data "$data/demo" >>"$data/log" 2>&1
for n in $(seq 200 249); do
  case $n in 201 | 202 | 203) ;; *) $assay lines add "$n" tom --client "Northlight Fleet" --data "$data/demo" ;; esac
done
for capture in day hour; do $assay replay "$data/$capture.pcap" --data "$data/demo" >>"$data/log" 2>&1; done
$assay demo --config "$data/assay.toml" --data "$data/demo" --listen "127.0.0.1:$port" >>"$data/log" 2>&1 &
demo=$!
trap 'kill $demo 2>/dev/null; wait $demo 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 100); do
  node -e "fetch('http://127.0.0.1:$port/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))" && break
  kill -0 $demo 2>/dev/null || { cat "$data/log"; exit 1; }
  sleep 0.2
done
# A call that the phone system has and the tap never saw.
printf 'from,to,started_at,duration_seconds\n201,+494055599999,%s,60\n' "$(date -u -d '2 days ago' +%Y-%m-%dT%H:%M:%SZ)" >"$data/cdr.csv"
$assay coverage --data "$data/demo" --cdr "$data/cdr.csv" >/dev/null 2>&1 || true
# What a walk missed comes last, where it is read first.
walk() {
  node "web/e2e/$1.mjs" "$2" target/pictures "${@:3}" 2>"$data/missed" || { tail -n 20 "$data/log"; cat "$data/missed"; exit 1; }
}
walk walk "http://127.0.0.1:$port"; exit 0
port=$(free_port)
walk lost "http://127.0.0.1:$port" $assay demo --config "$data/assay.toml" --data "$data/lost" --listen "127.0.0.1:$port"
port=$(free_port)
$assay demo --config "$data/door.toml" --data "$data/door" --listen "127.0.0.1:$port" >>"$data/log" 2>&1 &
door=$!
trap 'kill $demo $door 2>/dev/null; wait $demo $door 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 100); do
  NODE_TLS_REJECT_UNAUTHORIZED=0 node -e "fetch('https://127.0.0.1:$port/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))" 2>/dev/null && break
  kill -0 $door 2>/dev/null || { cat "$data/log"; exit 1; }
  sleep 0.2
done
walk door "https://127.0.0.1:$port"
# The hand-over has a box of its own, in which a verdict is given without a page.
printf '[review]\nheard_percent = 0\nsecond_review_percent = 0\n' >"$data/handover.toml"
port=$(free_port)
$assay demo --config "$data/handover.toml" --data "$data/handover" --listen "127.0.0.1:$port" >>"$data/log" 2>&1 &
handover=$!
trap 'kill $demo $door $handover 2>/dev/null; wait $demo $door $handover 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 100); do
  node -e "fetch('http://127.0.0.1:$port/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))" && break
  kill -0 $handover 2>/dev/null || { cat "$data/log"; exit 1; }
  sleep 0.2
done
walk handover "http://127.0.0.1:$port"
# What leads are worth has a box with a year of them.
$assay demo --data "$data/worth" --prepare-only >>"$data/log" 2>&1
python3 tests/scale/year.py "$data/worth/assay.db" --calls 12000 --leads 4000 --claims 1600 --client Northlight >>"$data/log"
port=$(free_port)
$assay demo --data "$data/worth" --listen "127.0.0.1:$port" >>"$data/log" 2>&1 &
worth=$!
trap 'kill $demo $door $handover $worth 2>/dev/null; wait $demo $door $handover $worth 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 100); do
  node -e "fetch('http://127.0.0.1:$port/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))" && break
  kill -0 $worth 2>/dev/null || { cat "$data/log"; exit 1; }
  sleep 0.2
done
walk worth "http://127.0.0.1:$port"
# The money has a box of its own, on other days: a month is over there, and what was booked in it is payable.
cat >"$data/money.toml" <<'TOML'
[review]
heard_percent = 0
second_review_percent = 0
[payroll]
datev_consultant_number = 12345
datev_client_number = 678
datev_wage_type = 100
[webhooks]
allowed_ranges = ["127.0.0.0/8"]
TOML
port=$(free_port)
walk money "http://127.0.0.1:$port" $assay --config "$data/money.toml" --data "$data/money"
