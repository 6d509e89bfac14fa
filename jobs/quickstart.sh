#!/usr/bin/env bash
# From a fresh Debian 12 or Raspberry Pi OS to results: installs packages, builds, lets the embedded
# ten homes trade for a week, audits the archive, draws the figures, prints a summary.
# Asks nothing, and may be run again: it replaces its own results only.
set -euo pipefail
cd "$(dirname "$0")/.."

community=inputs/ten-homes-week
results=results/ten-homes-week
max_ranks=4  # MPI processes: one a core, at most this many

jobs/install.sh
jobs/build.sh release -DGRIDTALLY_TESTS=OFF

bin=build/release/bin
archive=$results/archive
private=$results/private
ranks=$(nproc)
ranks=$((ranks < max_ranks ? ranks : max_ranks))
mkdir -p "$results"

echo "Trading: $community on $ranks MPI ranks"
status=0
jobs/mpirun.sh -n "$ranks" "$bin/gridtally-solve" "$community" --output "$archive" --private "$private" \
  --force || status=$?
if [ "$status" -ne 0 ] && [ "$status" -ne 3 ]; then
  echo "quickstart.sh: gridtally-solve ended with status $status; its message is above" >&2
  exit "$status"
fi

echo "Auditing: every block, and with the private files every meter's solve"
audit_status=0
"$bin/gridtally-audit" "$archive" --private "$private" >"$results/audit.txt" || audit_status=$?

echo "Drawing"
/usr/bin/python3 postprocess/make_figures.py "$archive" --private "$private" \
  --output "$results/figures" >"$results/figures.txt"

"$bin/gridtally-inspect" "$archive" --json >"$results/summary.json"
/usr/bin/python3 postprocess/summary.py "$results"

[ "$audit_status" -eq 0 ] || exit "$audit_status"
exit "$status"
