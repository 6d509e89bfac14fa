#!/usr/bin/env bash
# Builds the audit preset and audits with it what the dev build ran: ten homes, one day.
set -euo pipefail
cd "$(dirname "$0")/../.."

jobs/install.sh --tests
jobs/install.sh --audit
jobs/build.sh dev -- gridtally-solve
jobs/build.sh audit
. jobs/mpi_env.sh
if ldd build/audit/bin/gridtally-audit | grep -iE 'libmpi|petsc|hdf5'; then
  echo "gridtally-audit of the audit preset links the libraries above" >&2
  exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mpirun -n 2 build/dev/bin/gridtally-solve inputs/ten-homes-week --days 1 --quiet \
  --output "$folder/archive" --private "$folder/private"
build/audit/bin/gridtally-audit "$folder/archive" --private "$folder/private" | tee "$folder/report"
grep -q '^verdict: sound' "$folder/report"
grep -q 'every solve of 10 of 10 meters' "$folder/report"
build/audit/bin/gridtally-inspect "$folder/archive" --day 0 >/dev/null
echo "audit preset: an archive of the full build is sound"
