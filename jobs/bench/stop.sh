#!/usr/bin/env bash
# How long a run of ten homes takes from a signal to its end, longest of several tries.
# Usage: jobs/bench/stop.sh [TRIES]     default: 5
#   BUILD=build/release   RANKS="1 4"   MPIRUN=jobs/mpirun.sh   OUTPUT=results/bench/stop
set -euo pipefail
cd "$(dirname "$0")/../.."
. jobs/mpi_env.sh # for MPIRUN=mpirun

tries=${1:-5}
build=${BUILD:-build/release}
output=${OUTPUT:-results/bench/stop}
if [ ! -x "$build/bin/gridtally-solve" ]; then
  echo "stop.sh: no $build/bin/gridtally-solve; run jobs/build.sh" >&2
  exit 2
fi
mkdir -p "$output"

# shellcheck source=jobs/bench/machine.sh
. jobs/bench/machine.sh
print_machine "$build"

community="$output/community"
"$build/bin/gridtally-generate" --prosumers 10 --days 200 --output "$community" --force >"$output/generate.log"

# stop_once SIGNAL RANKS: sets status and milliseconds. One process is sent the signal itself, several are by way of jobs/mpirun.sh.
stop_once() {
  local archive="$output/archive" command=("$build/bin/gridtally-solve") start
  [ "$2" -eq 1 ] || command=("${MPIRUN:-jobs/mpirun.sh}" -n "$2" "${command[@]}")
  rm -rf "$archive" "$archive".*
  "${command[@]}" "$community" --output "$archive" --quiet >"$output/run.log" 2>&1 &
  until [ -s "$archive/day-0001.h5" ]; do
    sleep 0.1
    if ! kill -0 $! 2>/dev/null; then
      cat "$output/run.log" >&2
      exit 1
    fi
  done
  sleep "0.$((RANDOM % 10))"
  start=$(date +%s%N)
  kill -s "$1" $!
  status=0
  wait $! || status=$?
  milliseconds=$((($(date +%s%N) - start) / 1000000))
}

echo "signal,ranks,tries,longest_ms,status"
for ranks in ${RANKS:-1 4}; do
  for signal in TERM INT USR1; do
    longest=0
    for _ in $(seq "$tries"); do
      stop_once "$signal" "$ranks"
      longest=$((milliseconds > longest ? milliseconds : longest))
    done
    echo "$signal,$ranks,$tries,$longest,$status"
  done
done
