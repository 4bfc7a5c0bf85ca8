#!/usr/bin/env bash
# `cargo deny`, where it is installed; else the same rule by cargo's own metadata: nothing under GPL, LGPL or AGPL is
# linked, and every licence is on the list in deny.toml.
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v cargo-deny >/dev/null; then
  cargo deny --config tests/deny.toml check licenses bans sources
  exit
fi
cargo metadata --format-version 1 --locked --filter-platform "$(rustc -vV | sed -n 's/^host: //p')" | python3 -c '
import json, re, sys, tomllib
meta, rules = json.load(sys.stdin), tomllib.load(open("tests/deny.toml", "rb"))["licenses"]
allowed = set(rules["allow"])
clarified = {c["crate"]: c["expression"] for c in rules["clarify"]}
used = {node["id"] for node in meta["resolve"]["nodes"]}
bad = []
for package in meta["packages"]:
    if package["id"] not in used:
        continue
    expression = clarified.get(package["name"]) or package["license"] or "none"
    # Any one of the alternatives will do; all of a conjunction must.
    ways = re.split(r"\s+OR\s+|/", expression.replace("(", "").replace(")", ""))
    if not any(all(part.strip().removesuffix(" WITH LLVM-exception") in allowed for part in way.split(" AND ")) for way in ways):
        bad.append(package["name"] + ": " + expression)
print(len(used), "packages, licences checked by metadata (cargo-deny is not installed)")
sys.exit("licences that are not allowed:\n" + "\n".join(bad) if bad else 0)
'
