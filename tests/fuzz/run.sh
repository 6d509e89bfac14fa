#!/usr/bin/env bash
# Builds gridtally-fuzz and feeds every target with what libFuzzer makes of its seeds:
#   tests/fuzz/run.sh [SECONDS [TARGET...]]     60 seconds a target, all targets
# Needs clang-14 (jobs/install.sh --tests). What was learnt stays in build/fuzz/corpus, inputs that
# broke something in build/fuzz/findings. Ends with 1 when there is one.
# Functions are called by xargs, in other shells.
# shellcheck disable=SC2016,SC2317
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-60}
shift || true
jobs/build.sh fuzz -- gridtally-fuzz

work=$(mktemp -d "${TMPDIR:-/dev/shm}/gridtally-fuzz-run-XXXXXX")
trap 'rm -rf "$work"' EXIT
export work seconds
export program=$PWD/build/fuzz/bin/gridtally-fuzz
export corpus=$PWD/build/fuzz/corpus
export findings=$PWD/build/fuzz/findings
export known=$PWD/tests/fuzz/regressions
mkdir -p "$work/tmp" "$work/logs" "$work/here" "$corpus" "$findings"
GRIDTALLY_FUZZ_SEEDS=$work/seeds TMPDIR=$work/tmp "$program"
mapfile -t targets < <(if [ $# -gt 0 ]; then printf '%s\n' "$@"; else ls "$work/seeds"; fi)

# feed TARGET ARGUMENTS...: in an empty folder, on what is known so far.
feed() {
  local target=$1
  shift
  mkdir -p "$corpus/$target"
  local folders=("$corpus/$target" "$work/seeds/$target")
  if [ -d "$known/$target" ]; then folders+=("$known/$target"); fi
  cd "$work/here"
  TMPDIR=$work/tmp GRIDTALLY_FUZZ_TARGET=$target "$@" "$program" \
    -rss_limit_mb=512 -timeout=10 -print_final_stats=1 "-artifact_prefix=$findings/$target-" \
    "${length[@]}" "${folders[@]}"
}

feed_long() {
  local length=("-max_total_time=$seconds")
  feed "$1" env >"$work/logs/$1" 2>&1 && echo good >"$work/logs/$1.end" || echo BAD >"$work/logs/$1.end"
}

# What was opened for writing, made, renamed or removed anywhere but in the work folders.
touched_outside() {
  awk -v "allowed=$work $corpus $findings /dev/null /dev/tty /proc/self" '
    / = -1 E/ { next }
    / open(at)?\(/ && !/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/ { next }
    match($0, /"[^"]*"/) {
      path = substr($0, RSTART + 1, RLENGTH - 2)
      if (path !~ /^\// && match($0, /<[^>]*>/)) path = substr($0, RSTART + 1, RLENGTH - 2) "/" path
      count = split(allowed, prefixes, " ")
      for (i = 1; i <= count; ++i) if (index(path, prefixes[i]) == 1) next
      print
    }' "$1"
}

feed_traced() {
  local length=(-runs=200)
  ASAN_OPTIONS=detect_leaks=0 feed "$1" strace -f -y -qq -o "$work/logs/$1.trace" \
    -e trace=open,openat,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,truncate,chmod,fchmodat,mknod,mknodat \
    >/dev/null 2>&1 || true
  touched_outside "$work/logs/$1.trace" >"$work/logs/$1.touched"
}

export -f feed feed_long feed_traced touched_outside
echo "Fuzzing ${#targets[@]} targets for $seconds s each, $(nproc) at a time"
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'feed_long "$1"' _ {}
traced=no
if command -v strace >/dev/null; then
  traced=yes
  printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'feed_traced "$1"' _ {}
fi

figure() { sed -n "s/^stat::$2: *//p" "$work/logs/$1" | tail -n 1; }
bad=0
printf '%-12s %12s %8s %9s %7s %8s  %s\n' target inputs inputs/s coverage corpus 'peak MB' outcome
for target in "${targets[@]}"; do
  outcome=$(cat "$work/logs/$target.end")
  coverage=$(grep -oE 'cov: [0-9]+' "$work/logs/$target" | tail -n 1 | cut -d' ' -f2)
  if [ "$outcome" = BAD ]; then
    outcome=$(grep -m1 -E '^(SUMMARY|.*ERROR: )' "$work/logs/$target" || tail -n 1 "$work/logs/$target")
    cp "$work/logs/$target" "$findings/$target.log"
    bad=1
  fi
  if [ -s "$work/logs/$target.touched" ]; then
    outcome="files outside: $(head -n 1 "$work/logs/$target.touched")"
    bad=1
  fi
  printf '%-12s %12s %8s %9s %7s %8s  %s\n' "$target" "$(figure "$target" number_of_executed_units)" \
    "$(figure "$target" average_exec_per_sec)" "${coverage:-?}" \
    "$(find "$corpus/$target" -type f | wc -l)" "$(figure "$target" peak_rss_mb)" "$outcome"
done
if [ -n "$(ls -A "$work/here")" ]; then
  echo "files were made in the folder that the targets ran in: $(ls "$work/here")"
  bad=1
fi
if [ $traced = no ]; then echo "strace is not there: whether other files were touched was not looked at"; fi
if [ $bad -ne 0 ]; then echo "Findings: inputs and logs are in $findings"; fi
exit $bad
