#!/usr/bin/env bash
# Takes the pictures of the web page in doc/images/ anew, from real studies served by the release build.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/build.sh release study
export STUDY=$PWD/build/release/bin/study
export STUDY_NODE_MODULES=$PWD/build/release/server/dashboard/node_modules
node scripts/screenshots.mjs doc/images
