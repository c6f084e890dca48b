#!/bin/sh
# prepare.sh ISSUE: merges what was done for the issues that it depends on into the worktree in the current folder.
set -eu
for needed in $(sed -n 's/^Depends on: *//p' "issues/$1.md" | tr ',' ' '); do
  done_by=$(git log --branches='study/pipeline/*' --all-match --grep='complete' --grep="\"issue\":\"$needed\"" -1 --format=%H)
  [ -n "$done_by" ] || { echo "prepare.sh: no branch has $needed, which $1 depends on" >&2; exit 1; }
  git -c user.name=pipeline -c user.email=pipeline@localhost merge -q --no-edit "$done_by"
done
