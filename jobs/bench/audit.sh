#!/usr/bin/env bash
# How much faster an audit is than the run that it audits, by the time of the whole commands and by what they count themselves (without
# starting, and a run without reading its inputs). Usage: jobs/bench/audit.sh [OUTPUT_FOLDER]     default: results/bench/audit
#   BUILD=build/release   RANKS=2   METERS=100   VALIDATORS=4   TRIES=3 (public audits, the least counts)
#   RUNS="HOMES:PARTNERS:EPSILON ..." (kWh; no partners: everyone with everyone)     default: "1000::1 1000:20:1 10000:20:100"
set -euo pipefail
cd "$(dirname "$0")/../.."
. jobs/mpi_env.sh

output=${1:-results/bench/audit}
build=${BUILD:-build/release}
ranks=${RANKS:-2}
for program in generate solve audit; do
  if [ ! -x "$build/bin/gridtally-$program" ]; then
    echo "audit.sh: no $build/bin/gridtally-$program; run jobs/build.sh" >&2
    exit 2
  fi
done
mkdir -p "$output"

# shellcheck source=jobs/bench/machine.sh
. jobs/bench/machine.sh
print_machine "$build"

# timed COMMAND...: sets `took` [ms]; what it says is in said.log.
timed() {
  local start
  start=$(date +%s%N)
  if ! "$@" >"$output/said.log" 2>&1; then
    cat "$output/said.log" >&2
    exit 1
  fi
  took=$((($(date +%s%N) - start) / 1000000))
}

# number PATTERN: the first in said.log that the pattern's group has.
number() { sed -nE "s/$1/\\1/p" "$output/said.log" | head -n 1; }

# audit COMMAND...: sets `took` and `own` [s].
audit() {
  timed "$@" --json
  own=$(number '.*"seconds": ([0-9.e+-]+).*')
}

# row COUNTED_BY RUN PUBLIC FULL TOGETHER [s]
row() {
  awk -v run="$2" -v public="$3" -v full="$4" -v together="$5" -v title="$title" -v by="$1" 'BEGIN {
    printf "| %s | %s | %.2f | %.3f | %.1f | %.3f | %.1f | %.3f | %.1f |\n",
      title, by, run, public, run / public, full, run / full, together, run / together }'
}

seconds() { awk -v ms="$1" 'BEGIN { print ms / 1000 }'; }
least() { printf '%s\n' "$@" | sort -g | head -n 1; }

# measure HOMES PARTNERS EPSILON
measure() {
  local community="$output/community" archive="$output/archive" graph=() run own_run public=() own_public=() full own_full
  [ -z "$2" ] || graph=(--partners "$2")
  timed "$build/bin/gridtally-generate" --prosumers "$1" "${graph[@]}" --days 1 --output "$community" --force
  timed mpirun -n "$ranks" "$build/bin/gridtally-solve" "$community" --output "$archive" --force --meters "${METERS:-100}" \
    --validators "${VALIDATORS:-4}" --epsilon "$3" --timings
  run=$took
  own_run=$(number '^rank 0: ([0-9.]+) s:.*')
  title="$1 homes, ${2:-all} partners, ε = $3 kWh, $(number '^([0-9]+) blocks, .*') blocks"
  for _ in $(seq "${TRIES:-3}"); do
    audit "$build/bin/gridtally-audit" "$archive"
    public+=("$took")
    own_public+=("$own")
  done
  audit "$build/bin/gridtally-audit" "$archive" --private "$archive.private"
  full=$took
  own_full=$own
  audit mpirun -n 2 "$build/bin/gridtally-audit" "$archive"
  row "whole command" "$(seconds "$run")" "$(seconds "$(least "${public[@]}")")" "$(seconds "$full")" "$(seconds "$took")"
  row "own count" "$own_run" "$(least "${own_public[@]}")" "$own_full" "$own"
}

echo
echo "| run of one day, ${METERS:-100} meters, $ranks ranks | by | run, s | public audit, s | run / it | with every solve, s | run / it | public on 2 processes, s | run / it |"
echo "|---|---|---|---|---|---|---|---|---|"
for run in ${RUNS:-1000::1 1000:20:1 10000:20:100}; do
  IFS=: read -r homes partners epsilon <<<"$run"
  measure "$homes" "$partners" "$epsilon"
done
