#!/usr/bin/env bash
# Builds the auditor with arm64's own compiler, as on a Raspberry Pi, and holds it against this host's: jobs/aarch64/native.sh [--all]
#   In an arm64 Debian (debian.sh) this tree gets jobs/install.sh --audit and jobs/build.sh audit. Then both auditors
#   replay one archive made here, do every solve again, and must report the same, to the last bit of each number.
#   --all: then jobs/install.sh and jobs/build.sh release there too, and the day is traded there on two ranks, with the
#   same keys: it must end with the same head, and this host's auditor must find it sound, every solve done again.
# As root, for debian.sh. Asks nothing. Under qemu, compiling takes some ten times as long as here.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ $# -gt 1 ] || [ "${1:---all}" != --all ]; then
  echo "native.sh: usage, as root: jobs/aarch64/native.sh [--all]" >&2
  exit 2
fi
debian=jobs/aarch64/debian.sh
jobs/install.sh
jobs/install.sh --aarch64
jobs/build.sh release -- gridtally-solve gridtally-audit gridtally-keygen

$debian mkdir -p gridtally
tar --exclude=./build --exclude=./results --exclude=./.git -cf - . | $debian tar -C gridtally --no-same-owner -xf -
$debian gridtally/jobs/install.sh --audit
$debian gridtally/jobs/build.sh audit

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. jobs/mpi_env.sh
build/release/bin/gridtally-keygen "$folder/keys" --meters 10 --validators 4 >"$folder/said"
mpirun -n 2 build/release/bin/gridtally-solve inputs/ten-homes-week --days 1 --quiet --keys "$folder/keys" --output "$folder/archive"
$debian rm -rf handed-over
$debian mkdir handed-over
tar -C "$folder" -cf - archive archive.private keys | $debian tar -C handed-over --no-same-owner -xf -

# reported NAME COMMAND...: what an auditor says as JSON, but for how long it took and on how many threads.
reported() {
  "${@:2}" --json >"$folder/$1.json" || true
  grep -vE '^ *"(seconds|threads)":' "$folder/$1.json" >"$folder/$1"
  grep -E '^ *"(verdict|head|meters_replayed|seconds)":' "$folder/$1.json" | tr -s '\n ' ' ' | sed "s/^/$1:/; s/, $//"
  echo
}
reported x86-64 build/release/bin/gridtally-audit "$folder/archive" --private "$folder/archive.private"
reported arm64 $debian gridtally/build/audit/bin/gridtally-audit handed-over/archive --private handed-over/archive.private
if ! diff "$folder/x86-64" "$folder/arm64" >&2; then
  echo "native.sh: the auditors' reports differ, as above" >&2
  exit 1
fi
grep -q '"verdict": "sound"' "$folder/arm64"
echo "arm64's own build says of $(wc -l <"$folder/arm64") lines each what this host's says"
[ "${1:-}" = --all ] || exit 0

$debian gridtally/jobs/install.sh
$debian gridtally/jobs/build.sh release
# shellcheck disable=SC2016 # for the shell there
$debian sh -c 'cd gridtally && . jobs/mpi_env.sh && mpirun -n 2 build/release/bin/gridtally-solve inputs/ten-homes-week --days 1 --quiet \
  --keys ../handed-over/keys --output ../handed-over/traded'
$debian tar -C handed-over -cf - traded traded.private | tar -C "$folder" --no-same-owner -xf -
reported traded build/release/bin/gridtally-audit "$folder/traded" --private "$folder/traded.private"
grep -q '"verdict": "sound"' "$folder/traded"
if ! diff <(grep '"head"' "$folder/x86-64") <(grep '"head"' "$folder/traded") >&2; then
  echo "native.sh: a day that was traded there has another head, as above" >&2
  exit 1
fi
echo "a day that was traded there, on two ranks, has the head of the one traded here"
