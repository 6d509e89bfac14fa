#!/usr/bin/env bash
# The same bits on x86-64 and aarch64: archives made on each side are audited on the other, every
# solve done again. Cross-builds, and runs the result under qemu. No arm64 machine is needed.
set -euo pipefail
cd "$(dirname "$0")/../.."

jobs/install.sh --tests
jobs/install.sh --aarch64
jobs/aarch64/sysroot.sh
jobs/build.sh release -- gridtally-solve gridtally-audit gridtally-keygen
jobs/build.sh aarch64 -- gridtally-solve gridtally-audit
. jobs/mpi_env.sh

root=$PWD/build/aarch64-sysroot
libraries=$root/usr/lib/aarch64-linux-gnu
petsc=$root/usr/lib/petscdir/petsc3.18/aarch64-linux-gnu-real/lib
search=$petsc:$libraries/openmpi/lib:$libraries/blas:$libraries/lapack:$libraries/hdf5/openmpi
arm() {
  local program=$1
  shift
  qemu-aarch64-static -L "$root" -E "LD_LIBRARY_PATH=$search" -E OMPI_MCA_btl=self \
    "build/aarch64/bin/$program" "$@"
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
build/release/bin/gridtally-keygen "$folder/keys" --meters 10 --validators 4 >/dev/null
run=(inputs/ten-homes-week --days 1 --quiet --keys "$folder/keys")

verdict() { # REPORT: a sound audit of every meter's solves
  grep -q '^verdict: sound' "$1" && grep -q 'every solve of 10 of 10 meters' "$1" && return
  cat "$1" >&2
  return 1
}
head_of() { sed -n 's/^head: *height [0-9]*, //p' "$1"; }

echo "x86-64 makes, aarch64 audits"
mpirun -n 2 build/release/bin/gridtally-solve "${run[@]}" --output "$folder/x86"
arm gridtally-audit "$folder/x86" --private "$folder/x86.private" >"$folder/x86.report"
verdict "$folder/x86.report"

echo "aarch64 makes, x86-64 audits"
arm gridtally-solve "${run[@]}" --output "$folder/arm"
build/release/bin/gridtally-audit "$folder/arm" --private "$folder/arm.private" >"$folder/arm.report"
verdict "$folder/arm.report"

x86=$(head_of "$folder/x86.report")
arm=$(head_of "$folder/arm.report")
if [ -z "$x86" ] || [ "$x86" != "$arm" ]; then
  echo "the same run has head $x86 on x86-64 and $arm on aarch64" >&2
  exit 1
fi
echo "aarch64: both archives are sound on both sides, with the same head $x86"
