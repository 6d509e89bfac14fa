#!/usr/bin/env bash
# Configures and builds one preset:
#   jobs/build.sh [release|audit|aarch64|dev|asan [cmake options...] [-- targets...]]
# Executables: build/<preset>/bin. As many compilers at once as cores and memory allow.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
[ $# -eq 0 ] || shift
options=()
targets=()
while [ $# -gt 0 ]; do
  if [ "$1" = -- ]; then
    shift
    targets=(--target "$@")
    break
  fi
  options+=("$1")
  shift
done

# Where CI is set nobody debugs: lines alone, which takes a quarter less time.
if [ "$preset" = dev ] && [ -n "${CI:-}" ]; then options=("-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1" "${options[@]}"); fi

generator=()
if [ ! -e "build/$preset/CMakeCache.txt" ] && command -v ninja >/dev/null; then
  generator=(-G Ninja)
fi

# CMake forgets a preset's options where its compiler is another than that of the build before.
fresh=()
if [ "$preset" = asan ] && [ -e build/asan/CMakeCache.txt ] &&
  ! grep -q '^CMAKE_CXX_COMPILER:.*clang' build/asan/CMakeCache.txt; then
  fresh=(--fresh)
fi

# One compiler takes up to about 1 GB.
cores=$(nproc)
by_memory=$(awk '/^MemAvailable:/ {print int($2 / 1000000)}' /proc/meminfo)
jobs=$((by_memory < cores ? by_memory : cores))
jobs=$((jobs < 1 ? 1 : jobs))

echo "Building preset $preset into build/$preset ($jobs at a time)"
log="build/$preset.log"
mkdir -p build
if ! { cmake --preset "$preset" "${fresh[@]}" "${generator[@]}" "${options[@]}" &&
  cmake --build --preset "$preset" -j "$jobs" "${targets[@]}"; } >"$log" 2>&1; then
  grep -nE 'error|Error|FAILED' "$log" | head -n 20 >&2 || true
  tail -n 20 "$log" >&2
  echo "build.sh: the build failed; all of it: $log" >&2
  exit 1
fi
