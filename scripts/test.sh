#!/usr/bin/env bash
# Sets up, builds and runs the tests.
#
#   scripts/test.sh                 the everyday suite, optimised
#   scripts/test.sh --asan          the same under AddressSanitizer and UndefinedBehaviorSanitizer
#   scripts/test.sh --tsan          the same under ThreadSanitizer
#   scripts/test.sh --full          also the long campaigns, and the official MCP client where it is there
# What follows goes to ctest, e.g. scripts/test.sh -R Storage
set -euo pipefail
cd "$(dirname "$0")/.."

preset=release
export STUDYHALL_TEST_LONG=${STUDYHALL_TEST_LONG:-0}
while [ $# -gt 0 ]; do
  case $1 in
    --asan) preset=asan ;;
    --tsan) preset=tsan ;;
    --full) STUDYHALL_TEST_LONG=1 ;;
    *) break ;;
  esac
  shift
done

scripts/setup.sh
scripts/build.sh "$preset"
ctest --preset "$preset" -j "$(nproc)" --progress "$@"
if [ "$STUDYHALL_TEST_LONG" = 1 ]; then tests/mcp/run.sh "build/$preset/bin/study"; fi
