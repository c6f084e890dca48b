#!/usr/bin/env bash
# Makes ./repo from template/, unless it is there, and creates the study. What follows goes to `study create`.
set -euo pipefail
cd "$(dirname "$0")"
if [ ! -e repo/.git ]; then
  cp -r template repo
  git -C repo init -q -b main
  git -C repo add .
  git -C repo -c user.name=variants -c user.email=variants@localhost commit -q -m "A function to be written"
fi
exec "${STUDY:-study}" create study.jsonc "$@"
