#!/bin/sh
# prepare.sh ISSUE: merges what was done for the issues that it depends on into the worktree in the current folder.
set -eu
branch_with() {
  git for-each-ref --sort=-committerdate --format='%(refname:short)' refs/heads/study/pipeline | while read -r branch; do
    if git cat-file -e "$branch:done/$1" 2> /dev/null; then
      echo "$branch"
      break
    fi
  done
}
for needed in $(sed -n 's/^Depends on: *//p' "issues/$1.md" | tr ',' ' '); do
  branch=$(branch_with "$needed")
  [ -n "$branch" ] || { echo "prepare.sh: no branch has $needed, which $1 depends on" >&2; exit 1; }
  git -c user.name=pipeline -c user.email=pipeline@localhost merge -q --no-edit "$branch"
done
