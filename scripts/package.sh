#!/usr/bin/env bash
# Packages for people who do not build, in build/packages: a Debian package for this release, and a
# tarball that brings every library, the C library and its loader included, so that it runs on older
# distributions and in existing containers.
#   scripts/package.sh [deb|tarball]...     (default: both)
set -euo pipefail
cd "$(dirname "$0")/.."

kinds=("$@")
[ ${#kinds[@]} -gt 0 ] || kinds=(deb tarball)
build=build/release
out=build/packages
scripts/build.sh release study heat_signature
mkdir -p "$out"

version() { sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt"; }

make_deb() {
  cpack --config "$build/CPackConfig.cmake" -G DEB -B "$out/cpack" >"$out/cpack.log" || {
    cat "$out/cpack.log" >&2
    exit 1
  }
  mv "$out"/cpack/*.deb "$out/"
  rm -r "$out/cpack" "$out/cpack.log"
}

# Paths of the libraries that a program loads, its loader among them.
libraries_of() {
  ldd "$1" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }'
}

# A program that runs lib/NAME with the libraries beside it, from wherever the folder is.
write_starter() {
  local name=$1 loader=$2
  cat <<END
#!/bin/sh
self=\$0
while [ -L "\$self" ]; do
  target=\$(readlink "\$self")
  case \$target in
    /*) self=\$target ;;
    *) self=\$(dirname "\$self")/\$target ;;
  esac
done
lib=\$(cd "\$(dirname "\$self")/../lib" && pwd)
exec "\$lib/$loader" --argv0 "\$0" --library-path "\$lib" "\$lib/$name" "\$@"
END
}

make_tarball() {
  local name root loader program
  name=studyhall-$(version)-linux-$(uname -m)
  root=$out/$name
  rm -rf "$root"
  cmake --install "$build" --prefix "$root" --strip >/dev/null
  for program in "$root"/bin/*; do
    mv "$program" "$root/lib/"
    libraries_of "$root/lib/$(basename "$program")" | xargs cp -L -t "$root/lib"
    loader=$(basename "$(libraries_of "$root/lib/$(basename "$program")" | grep /ld-linux)")
    write_starter "$(basename "$program")" "$loader" >"$program"
    chmod 755 "$program"
  done
  tar --sort=name --owner=0 --group=0 --numeric-owner -C "$out" -czf "$out/$name.tar.gz" "$name"
  rm -r "$root"
}

for kind in "${kinds[@]}"; do
  case $kind in
    deb) make_deb ;;
    tarball) make_tarball ;;
    *)
      echo "package: \"$kind\" is no kind of package; expected deb or tarball" >&2
      exit 2
      ;;
  esac
done
ls -l "$out"
