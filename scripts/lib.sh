# shellcheck shell=bash
# What scripts/run and scripts/test have in common: saying what is done, installing what is missing, building.
# Sourced, never run.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# Debian's own tools come first, whatever else the machine has: python3's gRPC, for one, belongs to /usr/bin/python3.
export PATH="/usr/bin:/bin:/usr/sbin:/sbin:$PATH"

say() { printf '\n==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# The packages of the named groups that are not installed, one a line. A package counts as installed when another
# provides it.
missing_packages() {
  dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' | awk -v groups=" $* " '
    FNR == NR { if ($1 == "installed") for (i = 2; i <= NF; i++) { sub(/,$/, "", $i); have[$i] = 1 }; next }
    /^#/ || NF < 2 { next }
    index(groups, " " $1 " ") && !have[$2] { print $2 }' - scripts/packages.txt
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo: $*"
  fi
}

# install_packages GROUP...: apt is not asked for anything when everything is there.
install_packages() {
  if ! command -v apt-get >/dev/null; then
    say "No apt here: what scripts/packages.txt lists has to be there already"
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" = 0 ]; then
    say "Debian packages: all there"
    return
  fi
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root apt-get -q update
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${missing[@]}"
}

# How many compilers at once: one for each processor, as far as memory goes (one that reads gRPC's headers takes up to
# 1.2 GB). CMAKE_BUILD_PARALLEL_LEVEL overrides it.
parallel() {
  awk -v cpus="$(nproc)" -v chosen="${CMAKE_BUILD_PARALLEL_LEVEL:-0}" '
    /^MemAvailable:/ { fit = int($2 / 1200000) }
    END { n = chosen ? chosen : fit < cpus ? fit : cpus; print n < 1 ? 1 : n }' /proc/meminfo
}

# configure PRESET: CMake, in build/PRESET.
configure() {
  mkdir -p build
  cmake --preset "$1" -Wno-dev >"build/configure-$1.log" 2>&1 || {
    cat "build/configure-$1.log" >&2
    die "CMake could not configure build/$1"
  }
}

# build PRESET TARGET...
build() {
  local preset=$1 began=$SECONDS
  shift
  say "Building in build/$preset, $(parallel) at a time"
  configure "$preset"
  cmake --build --preset "$preset" --parallel "$(parallel)" --target "$@"
  note "built in $((SECONDS - began)) s"
}
