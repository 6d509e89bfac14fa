#!/usr/bin/env bash
# Throughput and confirmation delay of the ledger (the paper's Fig. 4): 5, 10 and 20 validators on a rank each, 20
# and 5 on two ranks; rates doubled until saturation. About ten minutes on two cores, which should be idle.
# Usage: jobs/bench/ledger.sh [OUTPUT_FOLDER]     default: results/bench
#   BUILD=build/release   SECONDS_EACH=10 (measured at each rate)   RATE=auto (or 150,500,1000,...)
#   RECORDS=FOLDER (durable vote records there; without it none are kept)
set -euo pipefail
cd "$(dirname "$0")/../.."
. jobs/mpi_env.sh

output=${1:-results/bench}
build=${BUILD:-build/release}
options=(--seconds "${SECONDS_EACH:-10}" --rate "${RATE:-auto}")
if [ -n "${RECORDS:-}" ]; then options+=(--records "$RECORDS"); fi
bench="$build/bin/gridtally-ledger-bench"
if [ ! -x "$bench" ]; then
  echo "ledger.sh: no $bench; run jobs/build.sh" >&2
  exit 2
fi
mkdir -p "$output"

# measure NAME RANKS VALIDATORS: validators on all ranks but the last, which plays the meters.
measure() {
  mpirun -n "$2" "$bench" --validators "$3" "${options[@]}" --output "$output/$1.csv" | tee "$output/$1.txt"
}

# shellcheck source=jobs/bench/machine.sh
. jobs/bench/machine.sh
print_machine "$build"
measure ledger-rank-each 21 5,10,20
measure ledger-two-ranks 3 5,20
/usr/bin/python3 postprocess/plot_ledger.py "$output"/ledger-{rank-each,two-ranks}.csv --output "$output"
