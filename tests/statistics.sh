#!/usr/bin/env bash
# numpy, scipy, pandas and statsmodels (PyPI), with which tests compute reports again.
set -euo pipefail
cd "$(dirname "$0")/.."

python=target/statistics
if ! $python/bin/python -c 'import numpy, scipy, pandas, statsmodels' 2>/dev/null; then
  python3 -m venv $python
  $python/bin/pip install --quiet --disable-pip-version-check numpy scipy pandas statsmodels
fi
