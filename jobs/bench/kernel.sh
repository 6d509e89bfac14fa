#!/usr/bin/env bash
# One prosumer's problem (T = 24, median over varied instances): the batch kernel beside the dense
# interior-point method of the tests and, where it is installed, GNU Octave's qp, in one run.
# Usage: jobs/bench/kernel.sh [BUILD_FOLDER]     default: build/release
#   OCTAVE_INSTANCES=20   how many instances Octave solves (seconds each)
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release}
octave_instances=${OCTAVE_INSTANCES:-20}
bench="$build/bin/gridtally-bench"
if [ ! -x "$bench" ]; then
  echo "kernel.sh: no $bench; run jobs/install.sh --tests, then jobs/build.sh release -DGRIDTALLY_BENCH=ON" >&2
  exit 2
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# shellcheck source=jobs/bench/machine.sh
. jobs/bench/machine.sh
print_machine "$build"
"$bench" --benchmark_filter='^primal' --benchmark_min_time=0.5 --benchmark_format=json \
  >"$scratch/bench.json" 2>"$scratch/bench.log"
if command -v octave-cli >/dev/null; then
  "$bench" --export "$scratch/instances.csv" "$octave_instances"
  octave-cli --no-gui --quiet jobs/bench/octave_qp.m "$scratch/instances.csv" >"$scratch/octave.txt"
else
  echo "octave    not installed (apt-get install octave): its line is missing below"
fi
python3 jobs/bench/kernel_table.py "$scratch"
