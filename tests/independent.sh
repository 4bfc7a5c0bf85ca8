#!/usr/bin/env bash
# The reports of a large house against what pandas, scipy and statsmodels (PyPI) compute from the raw rows of its database; their files
# against their JSON, and PostgreSQL against SQLite.
set -euo pipefail
cd "$(dirname "$0")/.."

python=target/statistics/bin/python
if ! $python -c 'import pandas, statsmodels' 2>/dev/null; then
  echo "independent reports: not run, tests/statistics.sh has not installed pandas and statsmodels"
  [ -z "${CI:-}" ]
  exit
fi
exec $python -B tests/reports/independent.py target/debug/assay
