#!/usr/bin/env bash
# Builds the site with every warning an error, every page of doc/ in it; exits with 77 where there is no mkdocs.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v mkdocs >/dev/null || {
  echo "skipped: there is no mkdocs (Debian: mkdocs)"
  exit 77
}
export PYTHONDONTWRITEBYTECODE=1
site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT
said=$(mkdocs build --strict --site-dir "$site" 2>&1) || { echo "$said" && exit 1; }
for page in doc/*.md; do
  test -s "$site/$(basename "${page%.md}").html" || { echo "$page is not in the site"; exit 1; }
done
