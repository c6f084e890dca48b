#!/usr/bin/env bash
# Builds the documentation as a site into build/site, or serves it while pages are written.
#   scripts/docs.sh [--serve]
set -euo pipefail
cd "$(dirname "$0")/.."

command -v mkdocs >/dev/null || {
  echo "docs: there is no mkdocs (Debian: apt install mkdocs)" >&2
  exit 1
}
export PYTHONDONTWRITEBYTECODE=1
if [ "${1:-}" = --serve ]; then exec mkdocs serve --strict; fi
mkdocs build --strict --quiet
echo "Built build/site/index.html"
