#!/usr/bin/env bash
# Submits a run, and the audit that follows it: jobs/slurm/submit.sh [--private] COMMUNITY ARCHIVE [sbatch option ...]
#   --private  the audit solves every problem again, with the private files beside the archive
# JOB=jobs/slurm/hetero.sbatch submits that instead of run.sbatch. Prints both job numbers.
set -euo pipefail
cd "$(dirname "$0")/../.."
private=
if [ "${1:-}" = --private ]; then
  private=yes
  shift
fi
if [ $# -lt 2 ]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi
community=$1
archive=$2
shift 2
run=$(sbatch --parsable "$@" "${JOB:-jobs/slurm/run.sbatch}" "$community" "$archive")
if ! command -v sbatch >/dev/null; then
  echo "submit.sh: no sbatch here: call it on the login node of a cluster with Slurm; elsewhere use mpirun (README.md)" >&2
  exit 2
fi
# The audit is for the same account and partition.
for_both=()
while [ $# -gt 0 ]; do
  case $1 in
    --account=* | --partition=* | --qos=*) for_both+=("$1") ;;
    -A | -p | -q | --account | --partition | --qos)
      for_both+=("$1" "${2:-}")
      shift
      ;;
  esac
  shift
done
# A run that fails takes its audit with it: nobody waits for ever.
audit=$(sbatch --parsable "${for_both[@]}" --dependency="afterok:${run%%;*}" --kill-on-invalid-dep=yes \
  jobs/slurm/audit.sbatch "$archive" ${private:+"$archive.private"})
echo "run $run, audit $audit"
