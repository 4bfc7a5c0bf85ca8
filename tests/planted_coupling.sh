#!/usr/bin/env bash
# PRODUCT I2: the proof must be able to fail. A build in which what sales rejected is not booked, when its verdict is final or
# when a dispute turns it, has to be found out.
set -euo pipefail
cd "$(dirname "$0")/.."

found() { # where it is planted, test file, test
  if PLANTED=$1 cargo test --locked --features planted-coupling --test "$2" -- --exact --nocapture "$3" >"target/planted_$1.log" 2>&1; then
    echo "a coupling between sales' answers and the ledger, planted in $1, was NOT found" >&2
    exit 1
  fi
  grep -q 'every answer flipped: 1 differences' "target/planted_$1.log" || { cat "target/planted_$1.log"; exit 1; }
  echo "a coupling between sales' answers and the ledger, planted in $1, is found: ok"
}

# One for each path from sales: answers, ratings, readiness, promises to buyers, what a CRM says, and scores.
for path in bookings ratings readiness promises crm scores; do found $path money sales_answers_change_no_entry; done
found disputes review a_dispute_is_judged_afresh_by_somebody_who_does_not_know_and_the_ledger_follows
