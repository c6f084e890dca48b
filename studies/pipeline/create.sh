#!/usr/bin/env bash
# Makes ./repo from template/, unless it is there, creates the study and enqueues its issues, each after those that it depends
# on. What follows goes to every `study` command.
set -euo pipefail
cd "$(dirname "$0")"
program=${STUDY:-study}
if [ ! -e repo/.git ]; then
  cp -r template repo
  git -C repo init -q -b main
  git -C repo add .
  git -C repo -c user.name=pipeline -c user.email=pipeline@localhost commit -q -m "A calculator to be written"
fi
"$program" create study.jsonc "$@"
declare -A trial
for issue in numbers sums command_line; do
  file=template/issues/$issue.md
  after=()
  for needed in $(sed -n 's/^Depends on: *//p' "$file" | tr ',' ' '); do after+=(--after "${trial[$needed]}"); done
  trial[$issue]=$("$program" enqueue pipeline "issue=$issue" --title "$(sed -n '1s/^# //p' "$file")" \
    --description "$(sed '1d' "$file")" "${after[@]}" "$@" --json | sed "s/.*\[\([0-9]*\)\].*/\1/")
done
