#!/usr/bin/env bash
# The API by its own document: schemathesis (PyPI) sends every route what the document allows and what it does not, as every role.
# Nothing may answer with a 5xx. The same seed each time.
set -euo pipefail
cd "$(dirname "$0")/.."

python=target/schemathesis
if [ ! -x $python/bin/schemathesis ]; then
  python3 -m venv $python
  $python/bin/pip install --quiet --disable-pip-version-check schemathesis
fi
data=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
address=http://127.0.0.1:$port
assay=./target/debug/assay
$assay demo --data "$data/demo" --listen "127.0.0.1:$port" >"$data/log" 2>&1 &
demo=$!
trap 'kill $demo 2>/dev/null; wait $demo 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 300); do
  python3 -c "import urllib.request as u; u.urlopen('$address/readyz')" 2>/dev/null && break
  kill -0 $demo 2>/dev/null || { cat "$data/log"; exit 1; }
  sleep 0.2
done
for login in ines marek sam mia max ada; do
  cookie=$(python3 - "$address" $login <<'PY'
import json, sys, urllib.request
address, login = sys.argv[1:]
body = json.dumps({"login": login, "password": "assay-demo"}).encode()
asked = urllib.request.Request(f"{address}/api/v1/session", body, {"content-type": "application/json"})
cookie = urllib.request.urlopen(asked).headers["set-cookie"].split(";")[0]
# Signed in, or every answer would be a 401.
urllib.request.urlopen(urllib.request.Request(f"{address}/api/v1/me", headers={"cookie": cookie}))
print(cookie)
PY
)
  # An event stream does not end, listening in is no request and answer, and signing in or out would end the session.
  $python/bin/schemathesis run "$address/api/openapi.json" \
    --header "Cookie: $cookie" --header "Idempotency-Key: schemathesis-$login" \
    --checks not_a_server_error --exclude-path-regex '/(events|session|listen)$' \
    --phases fuzzing --max-examples "${EXAMPLES:-15}" --seed 14 --generation-database none --workers 1 --no-color \
    --suppress-health-check all >"$data/run" 2>&1 || { tail -n 200 "$data/run"; tail -n 20 "$data/log"; exit 1; }
  echo "as $login: $(grep -E 'API Operations|Tested:|test cases' "$data/run" | tr -s ' \n' ' ')"
done
