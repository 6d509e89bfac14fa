# shellcheck shell=bash
# What a figure was measured on, to be sourced: `print_machine BUILD_FOLDER`.
print_machine() {
  local cache="$1/CMakeCache.txt"
  local flags type
  type=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$cache")
  flags=$(sed -n "s/^CMAKE_CXX_FLAGS_${type^^}:[A-Z]*=//p" "$cache")
  echo "machine   $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
  echo "load      $(cut -d' ' -f1-3 /proc/loadavg) (1, 5, 15 minutes; above 0 at the start: take ratios only)"
  echo "compiler  $(c++ --version | head -n 1)"
  echo "flags     $type: $flags -ffp-contract=off"
  echo "commit    $(git describe --always --dirty)"
  echo "date      $(date -u +%Y-%m-%d)"
}
