#!/usr/bin/env bash
# Installs what building and testing Studyhall needs on a fresh Debian 12. Does nothing when nothing is missing.
set -euo pipefail

packages=(
  build-essential cmake ninja-build pkg-config ccache git ca-certificates
  clang-format-14 clang-tidy-14
  libeigen3-dev libboost-math-dev libboost-random-dev
  libsqlitecpp-dev libsqlite3-dev nlohmann-json3-dev libcpp-httplib-dev libssl-dev
  libcli11-dev libfmt-dev libspdlog-dev libkainjow-mustache-dev
  libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev
  sqlite3 gnuplot-nox fonts-dejavu-core curl tmux user-mode-linux
  python3 python3-optuna python3-jsonschema python3-pytest python3-build python3-setuptools python3-wheel python3-mypy
  python3-pandas python3-matplotlib mkdocs
  chromium
)
# A node and npm that are there already, from wherever, are kept: Debian's would not go beside them.
command -v npm >/dev/null || packages+=(nodejs npm)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "setup: these packages are missing and need root to install: ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends \
  "${missing[@]}" >/dev/null
