#!/usr/bin/env bash
# Known weaknesses of what is linked (RustSec) and of what the page is built with (npm), where those lists can be had; else
# it says that nobody looked. `make advisories` installs what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/target/tools/bin:$PATH"
unlooked() { echo "advisories of $1: not looked at ($2)"; }

list=$(mktemp -d)
trap 'rm -rf "$list"' EXIT
if ! command -v cargo-deny >/dev/null; then
  unlooked crates "cargo-deny is not installed: make advisories"
elif ! timeout 60 git clone --quiet --depth 1 "${ADVISORY_DB:-https://github.com/RustSec/advisory-db}" "$list/db" 2>/dev/null; then
  unlooked crates "the list cannot be reached; ADVISORY_DB names another"
else
  # Where cargo-deny looks for the list of this address.
  printf '[advisories]\ndb-urls = ["file://%s"]\ndb-path = "%s"\n' "$list/db" "$list/dbs" | cat tests/deny.toml - >"$list/deny.toml"
  cargo deny --config "$list/deny.toml" check advisories
fi
if ! found=$(cd web && timeout 60 npm audit --audit-level=low 2>&1); then
  case $found in
    *ENOAUDIT* | *ENOTFOUND* | *"audit endpoint"* | *"network"* | "") unlooked "the page's packages" "npm's list cannot be reached" ;;
    *) echo "$found"; exit 1 ;;
  esac
fi
