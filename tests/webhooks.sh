#!/usr/bin/env bash
# Outgoing messages of a running box, verified by code that is not ours: standardwebhooks from PyPI and from npm.
set -euo pipefail
cd "$(dirname "$0")/.."

verifiers=target/standardwebhooks
if [ ! -d $verifiers/node_modules ]; then
  python3 -m venv $verifiers
  $verifiers/bin/pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0
  npm install --silent --no-fund --no-audit --no-save --prefix $verifiers standardwebhooks@1.1.1
fi
data=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$data/assay.toml" <<'TOML'
[review]
heard_percent = 0
second_review_percent = 0
[webhooks]
allowed_ranges = ["127.0.0.1/32"]
TOML
./target/debug/assay demo --config "$data/assay.toml" --data "$data/demo" --listen "127.0.0.1:$port" >"$data/log" 2>&1 &
demo=$!
trap 'kill $demo 2>/dev/null; wait $demo 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 300); do
  python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/readyz')" 2>/dev/null && break
  kill -0 $demo 2>/dev/null || { cat "$data/log"; exit 1; }
  sleep 0.2
done
$verifiers/bin/python tests/webhooks.py "http://127.0.0.1:$port" $verifiers || { tail -n 20 "$data/log"; exit 1; }
[ "$(stat -c %a "$data/demo/webhooks.key")" = 600 ] || { echo "webhooks.key is not for its owner alone"; exit 1; }
