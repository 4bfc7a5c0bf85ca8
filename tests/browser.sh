#!/usr/bin/env bash
# The whole way from sign-in to the ledger by keyboard, in Chromium, against a demo of its own. Pictures go to target/.
set -euo pipefail
cd "$(dirname "$0")/.."

data=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
./target/debug/assay demo --data "$data/demo" --listen "127.0.0.1:$port" >"$data/log" 2>&1 &
demo=$!
trap 'kill $demo 2>/dev/null; wait $demo 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 100); do
  node -e "fetch('http://127.0.0.1:$port/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))" && break
  kill -0 $demo 2>/dev/null || { cat "$data/log"; exit 1; }
  sleep 0.2
done
# A call that the phone system has and the tap never saw.
printf 'from,to,started_at,duration_seconds\n201,+494055599999,%s,60\n' "$(date -u -d '2 days ago' +%Y-%m-%dT%H:%M:%SZ)" >"$data/cdr.csv"
./target/debug/assay coverage --data "$data/demo" --cdr "$data/cdr.csv" >/dev/null 2>&1 || true
node web/e2e/walk.mjs "http://127.0.0.1:$port" target/pictures || { cat "$data/log"; exit 1; }
