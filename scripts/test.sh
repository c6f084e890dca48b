#!/usr/bin/env bash
# Sets up, builds and runs the tests.
#
#   scripts/test.sh                 the everyday suite, optimised
#   scripts/test.sh --asan          the same under AddressSanitizer and UndefinedBehaviorSanitizer
#   scripts/test.sh --tsan          the same under ThreadSanitizer
#   scripts/test.sh --full          also the long campaigns, the real Claude Code CLI against a mock of its API (installed
#                                   with npm into the build folder), and the official MCP client where it is there
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
if [ "$STUDYHALL_TEST_LONG" = 1 ] && [ -z "${STUDYHALL_CLAUDE:-}" ]; then
  cli=build/$preset/claude-cli
  native=$cli/node_modules/@anthropic-ai/claude-code-linux-x64/claude
  [ -x "$native" ] ||
    npm install --silent --no-audit --no-fund --prefix "$cli" @anthropic-ai/claude-code@2.1.329 ||
    echo "test.sh: the Claude Code CLI cannot be installed: its tests are skipped" >&2
  if [ -x "$native" ]; then
    STUDYHALL_CLAUDE=$PWD/$native
    export STUDYHALL_CLAUDE
  fi
fi
ctest --preset "$preset" -j "$(nproc)" --progress "$@"
if [ "$STUDYHALL_TEST_LONG" = 1 ]; then tests/mcp/run.sh "build/$preset/bin/study"; fi
