#!/usr/bin/env bash
# The whole path on a real problem: a server, the heat_signature study, three workers, a leaderboard, a CSV and a plot.
#
#   scripts/demo.sh [FOLDER]     results go to FOLDER, build/demo by default
#   WORKERS="W1" scripts/demo.sh with one worker: the same trials at every run
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/build.sh release study heat_signature

study=$PWD/build/release/bin/study
folder=${1:-build/demo}
read -ra workers <<<"${WORKERS:-W1 W2 W3}"
rm -rf "$folder"
mkdir -p "$folder"
source_dir=$PWD
cd "$folder"
export STUDY_DB=studies.db
unset STUDY_SERVER

pids=()
stop_all() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
}
trap stop_all EXIT
trap 'exit 130' INT TERM

"$study" serve --port 0 >serve.log 2>&1 &
pids+=($!)
until grep -q 'http://' serve.log 2>/dev/null; do
  kill -0 "${pids[0]}" 2>/dev/null || { cat serve.log >&2; exit 1; }
  sleep 0.05
done
cat serve.log

"$study" create "$source_dir/studies/heat_signature/study.jsonc"
for worker in "${workers[@]}"; do
  "$study" work heat_signature --worker "$worker" >"$worker.log" 2>&1 &
  pids+=($!)
done
"$study" status heat_signature --watch
wait "${pids[@]:1}"

echo
"$study" best heat_signature --top 10
"$study" export heat_signature -o trials.csv
"$study" plot heat_signature -o history.svg
"$study" plot heat_signature -o history.png

cat <<END

In $folder: trials.csv, history.svg, history.png, studies.db (Optuna opens it too), runs/ (a folder per trial).
Try next, from there:
  study=$study
  \$study show heat_signature 7        one trial
  \$study logs heat_signature W1       what a worker's newest run printed
  \$study events heat_signature        what happened, in order
  \$study serve                        serve it again; other machines work with --server URL
END
