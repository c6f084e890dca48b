#!/usr/bin/env bash
# The official MCP client lists and calls every tool of `study`, over stdin and stdout and over HTTP.
#
#   tests/mcp/run.sh [STUDY]      STUDY: the program; default: the release build's
# MCP_SDK_DIR: a folder with node_modules/@modelcontextprotocol/sdk; default: tests/mcp, after `npm install` there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
study=${1:-$here/../../build/release/bin/study}
export MCP_SDK_DIR=${MCP_SDK_DIR:-$here}

if ! command -v node >/dev/null; then
  echo "mcp: skipped, there is no node"
  exit 0
fi
if [ ! -d "$MCP_SDK_DIR/node_modules/@modelcontextprotocol/sdk" ]; then
  echo "mcp: skipped, there is no @modelcontextprotocol/sdk in $MCP_SDK_DIR (npm install)"
  exit 0
fi
exec node "$here/official_client.mjs" "$study"
