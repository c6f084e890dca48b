#!/usr/bin/env bash
# memory_cgroup_test.sh WORKER_SHIM_TESTS: runs the tests of bounded memory on a kernel with cgroup v2, Debian's
# user-mode-linux, as root of the hierarchy and as the only process of a delegated group. 77: there is no such kernel here.
set -euo pipefail
program=$(realpath "$1")
command -v linux.uml > /dev/null || { echo "skipped: user-mode-linux is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/init" << EOF
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=$folder TMPDIR=$folder/tmp
mkdir -p $folder/tmp
mount -t proc proc /proc
mount -t cgroup2 none /sys/fs/cgroup
$program --gtest_filter='MemoryCgroup.*:ProcessTest.ATree*' > $folder/log 2>&1
echo \$? > $folder/codes
mkdir /sys/fs/cgroup/delegated
(echo 0 > /sys/fs/cgroup/delegated/cgroup.procs; exec $program --gtest_filter='MemoryCgroup.*' >> $folder/log 2>&1)
echo \$? >> $folder/codes
echo o > /proc/sysrq-trigger
sleep 10
EOF
chmod +x "$folder/init"
HOME=$folder TMPDIR=$folder timeout 100 linux.uml mem=768M rootfstype=hostfs hostfs=/ rw init="$folder/init" con=null \
  uml_dir="$folder" quiet < /dev/null > "$folder/kernel" 2>&1 || true
cat "$folder/log" || { cat "$folder/kernel"; exit 1; }
[ "$(cat "$folder/codes")" = $'0\n0' ] && ! grep -q SKIPPED "$folder/log"
