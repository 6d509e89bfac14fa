#!/usr/bin/env bash
# aarch64 without an arm64 machine: cross-builds, and runs the result under qemu: tests/aarch64/run.sh [--all]
#   first    an archive of each side is audited on the other, every solve done again; both have the same head
#   then     runs with ranks on both sides at once end with that head too
#   at last  the tests labelled quick, as arm64 programs; with --all those that take longer as well
# What is left out of the tests and why: jobs/aarch64/README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
labels=(-L quick)
case "${1:-}" in
  "") ;;
  --all) labels=() ;;
  *)
    echo "run.sh: unknown option '$1'; usage: tests/aarch64/run.sh [--all]" >&2
    exit 2
    ;;
esac

jobs/install.sh --tests
jobs/install.sh --aarch64
jobs/aarch64/sysroot.sh
jobs/build.sh release -- gridtally-solve gridtally-audit gridtally-keygen
jobs/build.sh aarch64 -DGRIDTALLY_TESTS=ON
. jobs/mpi_env.sh
export PMIX_MCA_gds=hash # as tests/emulated.cmake

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
x86=build/release/bin
arm=build/aarch64/emulated
$x86/gridtally-keygen "$folder/keys" --meters 10 --validators 4 >/dev/null
run=(inputs/ten-homes-week --days 1 --quiet --keys "$folder/keys")

# audited AUDITOR ARCHIVE: sound, every meter's solves done again. Prints its head.
audited() {
  local report=$2.report
  "$1/gridtally-audit" "$2" --private "$2.private" >"$report" || true
  if ! grep -q '^verdict: sound' "$report" || ! grep -q 'every solve of 10 of 10 meters' "$report"; then
    cat "$report" >&2
    return 1
  fi
  sed -n 's/^head: *height [0-9]*, //p' "$report"
}

expected=
# same NAME HEAD: as that of the first run.
same() {
  expected=${expected:-$2}
  if [ -z "$2" ] || [ "$2" != "$expected" ]; then
    echo "the same run has head '$2' ($1), and $expected on x86-64" >&2
    return 1
  fi
  echo "$1: sound, head $2"
}

mpirun -n 2 $x86/gridtally-solve "${run[@]}" --output "$folder/x86"
head=$(audited $arm "$folder/x86")
same "x86-64 makes, aarch64 audits" "$head"

$arm/gridtally-solve "${run[@]}" --output "$folder/arm"
head=$(audited $x86 "$folder/arm")
same "aarch64 makes, x86-64 audits" "$head"

# mixed NAME AUDITOR RANKS...: two ranks of validators, two of meters, on these sides.
mixed() {
  local name=$1 auditor=$2 side job=()
  shift 2
  local output=$folder/${name// /-}
  for side in "$@"; do
    job+=(-n 1 "$side/gridtally-solve" "${run[@]}" --validator-ranks 2 --output "$output" :)
  done
  mpirun "${job[@]::${#job[@]}-1}"
  head=$(audited "$auditor" "$output")
  same "$name" "$head"
}
mixed "validators on x86-64, meters on aarch64" $x86 $x86 $x86 $arm $arm
mixed "validators on aarch64, meters on x86-64" $arm $arm $arm $x86 $x86

# Two hosts, as two machines would be: each with a daemon of Open MPI, and a build in the same place, of its own architecture.
export GRIDTALLY_PROGRAMS=$folder/programs GRIDTALLY_ARM64=$folder/arm64
if unshare --map-root-user --mount --uts true 2>/dev/null; then
  mkdir "$GRIDTALLY_PROGRAMS" "$GRIDTALLY_ARM64"
  cp $x86/gridtally-solve "$GRIDTALLY_PROGRAMS"
  cp $arm/gridtally-solve "$GRIDTALLY_ARM64"
  sed "s|[^ ]*/bin/gridtally-solve|$PWD/build/aarch64-sysroot/usr/bin/orted|" $arm/gridtally-solve >"$GRIDTALLY_ARM64/orted"
  chmod +x "$GRIDTALLY_ARM64/orted"
  printf '%s\n' "$(hostname)" arm64-host "$(hostname)" arm64-host >"$folder/hosts"
  env -u PMIX_MCA_gds mpirun --mca plm_rsh_agent "$PWD/tests/aarch64/other_host.sh" --mca plm_rsh_no_tree_spawn 1 --mca pml ob1 \
    --mca btl self,vader,tcp --mca btl_tcp_if_include lo --mca oob_tcp_if_include lo --hostfile "$folder/hosts" --map-by seq -n 4 \
    "$GRIDTALLY_PROGRAMS/gridtally-solve" "${run[@]}" --validator-ranks 2 --output "$folder/two-hosts"
  head=$(audited $x86 "$folder/two-hosts")
  same "an x86-64 host and an aarch64 host, validators and meters on both" "$head"
else
  echo "two hosts: left out, this system gives no namespaces" >&2
  [ -z "${CI:-}" ]
fi

# Nothing in these is arm64's, or they would measure qemu, or cannot be started under it: jobs/aarch64/README.md.
left_out='^(model\.consensus|bench_models|postprocess|audit_only\.|slurm\.|pi_cluster\.|crash\.solve_|e2e\.(performance|streaming|preflight))'
ctest --test-dir build/aarch64 --output-on-failure -j "$(nproc)" "${labels[@]}" -LE soak -E "$left_out"
