#!/usr/bin/env bash
# Weak and strong scaling, and a model that predicts larger machines: jobs/bench/scaling.sh [OUTPUT] [option ...]
# Under Slurm (salloc or sbatch, with as many tasks as ranks are wanted) it starts ranks with srun, else with mpirun;
# MPIRUN="mpirun --hostfile hosts" for several hosts, which must all see OUTPUT; BUILD=build/release.
# Options: scaling_study.py --help.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
output=$root/results/bench
case "${1:-}" in
  '' | -*) ;;
  *)
    output=$1
    shift
    ;;
esac
# shellcheck source=jobs/mpi_env.sh
. "$root/jobs/mpi_env.sh"
build=${BUILD:-$root/build/release}
if [ ! -x "$build/bin/gridtally-scale" ]; then
  echo "scaling.sh: no programs in $build: run jobs/install.sh && jobs/build.sh release first" >&2
  exit 2
fi
exec /usr/bin/python3 -B "$root/jobs/bench/scaling_study.py" --build "$build" --output "$output" "$@"
