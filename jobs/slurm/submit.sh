#!/usr/bin/env bash
# Submits a run, and the audit that follows it; prints both job numbers:
#   jobs/slurm/submit.sh [--private] COMMUNITY ARCHIVE [sbatch option ...]
#   jobs/slurm/submit.sh --scenarios [--private] [sbatch option ...]     array.sbatch, and an audit of each of its archives
#   --private  the audit solves every problem again, with the private files beside the archive
# JOB=jobs/slurm/hetero.sbatch submits that instead of run.sbatch.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v sbatch >/dev/null; then
  echo "submit.sh: no sbatch here: call it on the login node of a cluster with Slurm; elsewhere use mpirun (README.md)" >&2
  exit 2
fi
scenarios=
private=
while [[ ${1:-} = --scenarios || ${1:-} = --private ]]; do
  if [ "$1" = --private ]; then private=yes; else scenarios=yes; fi
  shift
done
if [ -n "$scenarios" ]; then
  run_job=(jobs/slurm/array.sbatch)
  after=aftercorr # each element of the audit waits for that of the run
  audit_job=(--job-name=gridtally-audit --mail-type=FAIL jobs/slurm/array.sbatch --audit ${private:+--private})
elif [ $# -ge 2 ]; then
  run_job=("${JOB:-jobs/slurm/run.sbatch}" "$1" "$2")
  after=afterok
  audit_job=(jobs/slurm/audit.sbatch "$2" ${private:+"$2.private"})
  shift 2
else
  sed -n '2,6s/^# //p' "$0" >&2
  exit 2
fi
run=$(sbatch --parsable "$@" "${run_job[@]}")
# The audit is for the same account and partition, and the same elements.
for_both=()
while [ $# -gt 0 ]; do
  case $1 in
    --account=* | --partition=* | --qos=* | --array=*) for_both+=("$1") ;;
    -A | -p | -q | -a | --account | --partition | --qos | --array)
      for_both+=("$1" "${2:-}")
      shift
      ;;
  esac
  shift
done
# A run that fails takes its audit with it: nobody waits for ever.
audit=$(sbatch --parsable "${for_both[@]}" --dependency="$after:${run%%;*}" --kill-on-invalid-dep=yes "${audit_job[@]}")
echo "run $run, audit $audit"
