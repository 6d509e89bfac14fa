#!/usr/bin/env bash
# What archive and private files cost a run of a large community: their share of the run's time, peak memory of each rank and of
# the audit, sizes. Usage: jobs/bench/archive.sh [OUTPUT_FOLDER]     default: results/bench/archive
#   BUILD=build/release   PROSUMERS=10000   PARTNERS=20   DAYS=1   EPSILON=100 (kWh: ends a day early)   METERS="100 10000"   RANKS=2
#   PRIVATE=merged (one private file for all meters, written together at the end)
set -euo pipefail
cd "$(dirname "$0")/../.."
. jobs/mpi_env.sh

output=${1:-results/bench/archive}
build=${BUILD:-build/release}
ranks=${RANKS:-2}
for program in generate solve audit; do
  if [ ! -x "$build/bin/gridtally-$program" ]; then
    echo "archive.sh: no $build/bin/gridtally-$program; run jobs/build.sh" >&2
    exit 2
  fi
done
mkdir -p "$output"

# shellcheck source=jobs/bench/machine.sh
. jobs/bench/machine.sh
print_machine "$build"

community="$output/community"
"$build/bin/gridtally-generate" --prosumers "${PROSUMERS:-10000}" --partners "${PARTNERS:-20}" --days "${DAYS:-1}" \
  --output "$community" --force
used='used %e s, processor %U + %S s, at most %M kB'

# measure METERS
measure() {
  local archive="$output/meters-$1" private=()
  [ -z "${PRIVATE:-}" ] || private=(--private "$PRIVATE")
  echo "$1 meters on $ranks ranks${PRIVATE:+, private files: $PRIVATE}"
  # shellcheck disable=SC2016 # the rank is known to the inner shell only
  mpirun -n "$ranks" bash -c 'exec /usr/bin/time -f "rank $OMPI_COMM_WORLD_RANK $0" "$@"' "$used" \
    "$build/bin/gridtally-solve" "$community" --output "$archive" --force \
    --meters "$1" --validators 4 --epsilon "${EPSILON:-100}" --timings --quiet "${private[@]}"
  echo "archive $(du -sk "$archive" | cut -f1) kB, private files $(du -sk "$archive.private" | cut -f1) kB"
  /usr/bin/time -f "audit $used" "$build/bin/gridtally-audit" "$archive"
}

for meters in ${METERS:-100 10000}; do
  measure "$meters"
done
