#!/usr/bin/env bash
# Installs packages, builds, runs the tests: tests/run.sh [--quick] [--soak] [--asan] [--release] | --audit | --fuzz [SECONDS] | --aarch64 [--all]
#   --quick    only the tests labelled quick (seconds)
#   --soak     only the long searches of tests/crash, which no other call runs (tens of minutes)
#   --asan     under the address and undefined-behaviour sanitizers, without the MPI tests, the long
#              simulation, the model of consensus and the flips of every byte of an archive
#   --release  the build that users run, instead of dev (warnings as errors)
#   --audit    only this: builds the audit preset, without MPI, PETSc and HDF5, and audits a run of the dev
#              build with it
#   --fuzz     only this: builds gridtally-fuzz and feeds each reader of strangers' bytes for SECONDS
#              (60) (tests/fuzz)
#   --aarch64  only this: cross-builds, holds runs and audits of both sides together, and runs under qemu what
#              is labelled quick; with --all, as the next option, all that can run there (tests/aarch64)
# Asks nothing. Ends with ctest's own summary and its exit status.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=dev
filter=()
left_out=soak
case "${1:-}" in # each is a command of its own, with options of its own
  --fuzz)
    shift
    jobs/install.sh --tests
    exec tests/fuzz/run.sh "$@"
    ;;
  --aarch64)
    shift
    exec tests/aarch64/run.sh "$@"
    ;;
  --audit) exec tests/audit_only/run.sh ;;
esac
for option in "$@"; do
  case "$option" in
    --quick) filter+=(-L quick) ;;
    --soak)
      filter+=(-L soak)
      left_out=none
      ;;
    --asan)
      preset=asan
      left_out='soak|mpi|simulation|model|bytes'
      ;;
    --release) preset=release ;;
    --fuzz | --aarch64 | --audit)
      echo "run.sh: $option comes first, or alone" >&2
      exit 2
      ;;
    *)
      echo "run.sh: unknown option '$option'" >&2
      sed -n '2,13s/^# //p' "$0" >&2
      exit 2
      ;;
  esac
done

jobs/install.sh --tests
options=(-DGRIDTALLY_TESTS=ON)
if [ "$preset" = asan ]; then options+=(-- gridtally_serial_tests gridtally-fuzz); fi
jobs/build.sh "$preset" "${options[@]}"
. jobs/mpi_env.sh
# Two more than there are cores: tests of whole programs, of slurm and of pi_cluster mostly wait.
exec ctest --test-dir "build/$preset" --output-on-failure -j $(($(nproc) + 2)) "${filter[@]}" -LE "$left_out"
