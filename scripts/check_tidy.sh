#!/usr/bin/env bash
# Runs clang-tidy on the sources changed since a commit (default: by the last one).
#   scripts/check_tidy.sh [COMMIT | --all]
set -euo pipefail
cd "$(dirname "$0")/.."

empty_tree=$(git hash-object -t tree /dev/null)
base=${1:-$(git rev-parse --verify --quiet HEAD~1 || git rev-parse HEAD)}
[ "$base" != --all ] || base=$empty_tree

cmake --preset release >/dev/null
mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- '*.cc' ':!tests' ':!bench')
[ ${#files[@]} -gt 0 ] || exit 0
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 -p build/release --quiet \
    --extra-arg=-Wno-unknown-warning-option 2> >(grep -v 'warnings generated' >&2)
