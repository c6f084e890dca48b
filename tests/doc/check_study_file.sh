#!/usr/bin/env bash
# Fails where doc/study_file.md is not what the schema gives.
#   tests/doc/check_study_file.sh STUDY
set -euo pipefail
study=$(realpath "$1")
cd "$(dirname "$0")/../.."

"$study" schema | scripts/study_file_reference.py | diff -u doc/study_file.md - || {
  echo "write it again: study schema | scripts/study_file_reference.py > doc/study_file.md"
  exit 1
}
