#!/usr/bin/env bash
# Builds gridtally-fuzz and feeds every target with what libFuzzer makes of its seeds and of the corpus:
#   tests/fuzz/run.sh [SECONDS [TARGET...]]     60 seconds a target, all targets
# Needs clang-14 and strace (jobs/install.sh --tests). What was learnt stays in build/fuzz/corpus, inputs that
# broke something in build/fuzz/findings. Ends with 1 when there is one.
# Functions are called by xargs, in other shells.
# shellcheck disable=SC2016,SC2317
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v strace >/dev/null; then
  echo "run.sh: strace is not there, which tells what files are touched: jobs/install.sh --tests" >&2
  exit 2
fi
export seconds=${1:-60}
shift || true
. tests/fuzz/setup.sh
export outside=$PWD/tests/fuzz/outside.awk

feed_long() {
  if in_work "$1" -- "-max_total_time=$seconds" -print_final_stats=1 "-artifact_prefix=$findings/$1-" \
    "$corpus/$1" "$work/seeds/$1" "$work/kept/$1" >"$work/logs/$1" 2>&1; then
    echo good >"$work/logs/$1.end"
  else
    echo BAD >"$work/logs/$1.end"
  fi
}

# Calls that name a file or a socket, and which of them are of files elsewhere.
feed_traced() {
  local learnt=$work/traced/$1
  mkdir -p "$learnt"
  ASAN_OPTIONS=detect_leaks=0 in_work "$1" strace -f -y -qq -o "$work/logs/$1.trace" -e trace=%file,socket -- \
    -runs=300 "-artifact_prefix=$learnt/" "$learnt" "$work/seeds/$1" "$work/kept/$1" >/dev/null 2>&1 || true
  awk -v "allowed=$work" -f "$outside" "$work/logs/$1.trace" >"$work/logs/$1.touched"
}

export -f feed_long feed_traced
echo "Fuzzing ${#targets[@]} targets for $seconds s each, $(nproc) at a time"
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'feed_long "$1"' _ {}
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'feed_traced "$1"' _ {}

figure() { sed -n "s/^stat::$2: *//p" "$work/logs/$1" | tail -n 1; }
bad=0
printf '%-12s %12s %8s %9s %7s %8s  %s\n' target inputs inputs/s coverage corpus 'peak MB' outcome
for target in "${targets[@]}"; do
  outcome=$(cat "$work/logs/$target.end")
  coverage=$(grep -oE 'cov: [0-9]+' "$work/logs/$target" | tail -n 1 | cut -d' ' -f2)
  if [ "$outcome" = BAD ]; then
    outcome="BAD: $(grep -m1 -E '^(SUMMARY|.*ERROR: )' "$work/logs/$target" || tail -n 1 "$work/logs/$target")"
    cp "$work/logs/$target" "$findings/$target.log"
    bad=1
  fi
  if [ -s "$work/logs/$target.touched" ]; then
    outcome="BAD: files outside: $(head -n 1 "$work/logs/$target.touched")"
    cp "$work/logs/$target.touched" "$findings/$target.touched"
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
if [ $bad -ne 0 ]; then echo "Findings: inputs and logs are in $findings"; fi
exit $bad
