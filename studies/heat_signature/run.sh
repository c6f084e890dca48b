#!/bin/sh
# Runs heat_signature: $HEAT_SIGNATURE_BIN, else the release build of this checkout, else PATH.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
built="$here/../../build/release/bin/heat_signature"
if [ -n "${HEAT_SIGNATURE_BIN:-}" ]; then
  program=$HEAT_SIGNATURE_BIN
elif [ -x "$built" ]; then
  program=$built
elif program=$(command -v heat_signature); then
  :
else
  echo "run.sh: heat_signature is not built: run scripts/build.sh, put it on PATH, or name it in HEAT_SIGNATURE_BIN (looked for $built)" >&2
  exit 127
fi
if [ ! -x "$program" ]; then
  echo "run.sh: HEAT_SIGNATURE_BIN=$program is not a program" >&2
  exit 127
fi
exec "$program" "$@"
