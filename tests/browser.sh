#!/usr/bin/env bash
# The whole way from sign-in to the ledger by keyboard, in Chromium, against demos of their own. Pictures go to target/.
set -euo pipefail
cd "$(dirname "$0")/.."

data=$(mktemp -d)
# Its own: a build beside it may put another in the place of this one.
assay=$data/assay
cp target/debug/assay "$assay"
started=()
end() {
  [ ${#started[@]} -eq 0 ] || { kill "${started[@]}" 2>/dev/null || true; wait "${started[@]}" 2>/dev/null || true; }
}
trap 'end; rm -rf "$data"' EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Starts a demo at $address and waits until it is ready: serve SCHEME LOG WORDS…
serve() {
  local port
  port=$(free_port)
  address=$1://127.0.0.1:$port
  "$assay" demo "${@:3}" --listen "127.0.0.1:$port" >>"$2" 2>&1 &
  started+=($!)
  for _ in $(seq 100); do
    NODE_NO_WARNINGS=1 NODE_TLS_REJECT_UNAUTHORIZED=0 node -e "fetch('$address/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))" && return
    kill -0 "${started[-1]}" 2>/dev/null || break
    sleep 0.2
  done
  cat "$2"
  exit 1
}

# What a walk missed comes last, where it is read first: walk LOG NAME WORDS…
walk() {
  node "web/e2e/$2.mjs" "$3" target/pictures "${@:4}" 2>"$1.missed" || { tail -n 20 "$1"; cat "$1.missed"; exit 1; }
}

# Chance draws nothing here, so that the one dispute is the one second look.
printf '[review]\nsecond_review_percent = 0\n' >"$data/assay.toml"
$assay demo --config "$data/assay.toml" --data "$data/demo" --prepare-only >"$data/log" 2>&1
# The walk that kills its box has one of its own, and so has the door.
cp -r "$data/demo" "$data/lost"
cp -r "$data/demo" "$data/door"

# A day's work at the desk, and a morning with leads.
desk() {
  local log=$data/log
  # An hour-long call and some fifty short ones, with their leads. Sound is noise.
  python3 tests/bench/load.py 58 12 "$data/day.pcap"
  python3 tests/bench/load.py 1 3600 "$data/hour.pcap"
  { echo "id,company,contact,phone"; for n in $(seq 0 57); do printf 'B-%02d,Bench %02d,Contact,+49405%06d\n' "$n" "$n" "$n"; done; } >"$data/leads.csv"
  $assay leads import "$data/leads.csv" --campaign "Fleet autumn" --data "$data/demo" >>"$log" 2>&1
  for n in $(seq 200 249); do
    case $n in 201 | 202 | 203) ;; *) $assay lines add "$n" tom --client "Northlight Fleet" --data "$data/demo" >>"$log" 2>&1 ;; esac
  done
  for capture in day hour; do $assay replay "$data/$capture.pcap" --data "$data/demo" >>"$log" 2>&1; done
  serve http "$log" --config "$data/assay.toml" --data "$data/demo"
  # A call that the phone system has and the tap never saw.
  printf 'from,to,started_at,duration_seconds\n201,+494055599999,%s,60\n' "$(date -u -d '2 days ago' +%Y-%m-%dT%H:%M:%SZ)" >"$data/cdr.csv"
  $assay coverage --data "$data/demo" --cdr "$data/cdr.csv" >/dev/null 2>&1 || true
  for name in walk desk leads; do walk "$log" $name "$address"; done
}

# What is lost with box, session and tab, and what is not.
lost() {
  local port
  port=$(free_port)
  walk "$data/log" lost "http://127.0.0.1:$port" "$assay" demo --config "$data/assay.toml" --data "$data/lost" --listen "127.0.0.1:$port"
}

# What has a box of its own: the door, the hand-over, sources and a CRM, what leads are worth, the money.
others() {
  local log=$data/others
  # The door speaks HTTPS, and asks managers for a second factor.
  printf '[server]\ntls = "on"\nsecond_factor = ["manager"]\n' >"$data/door.toml"
  serve https "$log" --config "$data/door.toml" --data "$data/door"
  walk "$log" door "$address"
  # At the hand-over a verdict is given without a page.
  printf '[review]\nheard_percent = 0\nsecond_review_percent = 0\n' >"$data/handover.toml"
  serve http "$log" --config "$data/handover.toml" --data "$data/handover"
  walk "$log" handover "$address"
  # Three weeks, and a client's CRM on loopback.
  printf '[webhooks]\nallowed_ranges = ["127.0.0.0/8"]\n' >"$data/sources.toml"
  $assay demo --config "$data/sources.toml" --data "$data/sources" --weeks 3 --prepare-only >>"$log" 2>&1
  serve http "$log" --config "$data/sources.toml" --data "$data/sources"
  walk "$log" sources "$address"
  # A year of leads.
  $assay demo --data "$data/worth" --prepare-only >>"$log" 2>&1
  python3 tests/scale/year.py "$data/worth/assay.db" --calls 12000 --leads 4000 --claims 1600 --client Northlight >>"$log"
  serve http "$log" --data "$data/worth"
  walk "$log" worth "$address"
  # The money is on other days: a month is over there, and what was booked in it is payable.
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
  walk "$log" money "http://127.0.0.1:$(free_port)" "$assay" --config "$data/money.toml" --data "$data/money"
}

# A tab that is closed has half a second to say what it has not said yet: this one goes first.
lost
# Pages wait more than they work: two go side by side. Each ends what it has started.
: >"$data/others"
(trap end EXIT; others) >"$data/walked" 2>&1 &
beside=$!
(trap end EXIT; desk) &
failed=0
wait $! || failed=1
wait $beside || failed=1
cat "$data/walked"
exit $failed
