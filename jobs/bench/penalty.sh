#!/usr/bin/env bash
# Iterations of the first day at the default (ρ adapted, extrapolated) against a sweep of fixed ρ (the
# paper's Algorithm 1), on 20 generated communities of 10 to 1,000 prosumers. Prints a table; the last
# line is the largest ratio of the default to the best fixed ρ (bar: 1.3). About 10 minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
. jobs/mpi_env.sh

BIN=${BIN:-build/release/bin}
COMMUNITIES=${COMMUNITIES:-"10:11 10:12 10:13 10:14 10:15 20:21 20:22 20:23 20:24 50:31 50:32 50:33
  100:41 100:42 100:43 200:51 200:52 300:53 500:61 1000:71"} # prosumers:seed
SWEEP=${SWEEP:-"1.5 2.5 4 6 9 14"} # fixed ρ a partner [cents/kWh²]
MOST=${MOST:-1000}                 # iterations of a fixed ρ before it is given up

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# iterations ARCHIVE_OPTIONS… : of day 0; exit status 3 is a ρ that was given up.
iterations() {
  local status=0
  mpirun -n 1 "$BIN/gridtally-solve" "$folder/community" --output "$folder/archive" --force --quiet \
    --days 1 --validators 1 --meters 1 "$@" >/dev/null 2>"$folder/errors" || status=$?
  if [ "$status" != 0 ] && [ "$status" != 3 ]; then
    cat "$folder/errors" >&2
    return "$status"
  fi
  "$BIN/gridtally-inspect" "$folder/archive" --json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["days"][0]["iterations"])'
}

printf '%9s %5s %8s' prosumers seed default
for rho in $SWEEP; do printf ' %7s' "ρ=$rho"; done
printf ' %6s\n' ratio
worst=0
for community in $COMMUNITIES; do
  prosumers=${community%:*}
  "$BIN/gridtally-generate" --prosumers "$prosumers" --seed "${community#*:}" --days 1 \
    --output "$folder/community" --force >/dev/null
  default=$(iterations --rho 0)
  printf '%9s %5s %8s' "$prosumers" "${community#*:}" "$default"
  best=$MOST
  for rho in $SWEEP; do
    fixed=$(iterations --rho "$(python3 -c "print($rho * ($prosumers - 1))")" --max-iterations "$MOST")
    printf ' %7s' "$fixed"
    if [ "$fixed" -lt "$best" ]; then best=$fixed; fi
  done
  ratio=$(python3 -c "print(f'{$default / $best:.2f}')")
  printf ' %6s\n' "$ratio"
  worst=$(python3 -c "print(max($worst, $ratio))")
done
echo "largest ratio: $worst"
