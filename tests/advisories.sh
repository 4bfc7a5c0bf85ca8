#!/usr/bin/env bash
# Known weaknesses of what is linked (RustSec) and of what the page is built with (npm), where those lists can be had; else
# it says that nobody looked. `make advisories` installs what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/target/tools/bin:$PATH"
unlooked() { echo "advisories of $1: not looked at ($2)"; }

list=$(mktemp -d)
trap 'rm -rf "$list"' EXIT
# Where cargo-deny looks for the list of its usual address.
db=$list/advisory-db-3157b0e258782691
if ! command -v cargo-deny >/dev/null; then
  unlooked crates "cargo-deny is not installed: make advisories"
elif ! timeout 120 git clone --quiet "${ADVISORY_DB:-https://github.com/RustSec/advisory-db}" "$db" 2>/dev/null; then
  unlooked crates "the list cannot be reached; ADVISORY_DB names another copy"
else
  git -C "$db" fetch --quiet
  printf 'db-path = "%s"\n' "$list" | cat tests/deny.toml - >"$list/deny.toml"
  cargo deny --offline --config "$list/deny.toml" check advisories
fi
if ! found=$(cd web && timeout 60 npm audit --audit-level=low 2>&1); then
  case $found in
    *ENOAUDIT* | *ENOTFOUND* | *"audit endpoint"* | *"network"* | "") unlooked "the page's packages" "npm's list cannot be reached" ;;
    *) echo "$found"; exit 1 ;;
  esac
fi
