#!/usr/bin/env bash
# Runs the tests of the Python package with the system's Python; exits with 77 where it has no pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${STUDYHALL_PYTHON:-/usr/bin/python3}
"$python" -c 'import pytest' 2>/dev/null || {
  echo "skipped: $python has no pytest (Debian: python3-pytest)"
  exit 77
}
export PYTHONDONTWRITEBYTECODE=1
exec "$python" -m pytest -q -p no:cacheprovider "${@:-tests}"
