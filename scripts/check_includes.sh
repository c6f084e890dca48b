#!/usr/bin/env bash
# Fails naming each include that goes against the direction of doc/architecture.md: who may include whom, and which folder
# alone may see a library.
set -euo pipefail
cd "$(dirname "$0")/.."

folders='core sampler storage server client worker_shim studies cli'
may_see() {
  case $1 in
    core) echo core ;;
    sampler | storage | client | worker_shim) echo "core $1" ;;
    server) echo 'core sampler storage server' ;;
    studies) echo 'core sampler studies' ;;
    cli) echo "$folders" ;;
  esac
}
# library header pattern -> folders that may include it
libraries=(
  'Eigen/:sampler studies'
  'boost/:sampler'
  'SQLiteCpp/:storage'
  'sqlite3.h:storage'
  'httplib.h:server client'
  'CLI/:cli'
  'openssl/:core server'
  'kainjow/:worker_shim'
)

bad=0
complain() {
  echo "$1" >&2
  bad=1
}
for folder in $folders; do
  allowed=" $(may_see "$folder") "
  while IFS=: read -r file line text; do
    target=$(sed -E 's/.*#include "([^"/]+)\/.*/\1/' <<<"$text")
    case " $folders tests bench " in
      *" $target "*)
        [[ $allowed == *" $target "* ]] ||
          complain "$file:$line: $folder/ may not include $target/ (it sees:$allowed)"
        ;;
    esac
  done < <(git grep -nE '#include "[^"]+/' -- "$folder/*.h" "$folder/*.cc" || true)
  for entry in "${libraries[@]}"; do
    pattern=${entry%%:*}
    [[ " ${entry#*:} " == *" $folder "* ]] && continue
    while IFS= read -r hit; do
      complain "$hit: only ${entry#*:} may see $pattern"
    done < <(git grep -nF "#include <$pattern" -- "$folder/*.h" "$folder/*.cc" || true)
  done
done
exit $bad
