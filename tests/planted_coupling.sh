#!/usr/bin/env bash
# PRODUCT I2: the proof must be able to fail. A build in which sales' answers reach the totals has to be found out.
set -euo pipefail
cd "$(dirname "$0")/.."

if cargo test --locked --features planted-coupling --test money -- --exact sales_answers_change_no_total >target/planted.log 2>&1; then
  echo "a planted coupling between sales' answers and the ledger was NOT found" >&2
  exit 1
fi
grep -q 'DIFFERENT: an answer of sales reaches the ledger' target/planted.log || { cat target/planted.log; exit 1; }
echo "a planted coupling between sales' answers and the ledger is found: ok"
