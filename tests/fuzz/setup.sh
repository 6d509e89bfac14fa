# To be sourced by the scripts beside it: builds gridtally-fuzz, and lays out a folder of work, removed at the end, with
# seeds/<target>/ and kept/<target>/: what is made, and what the repository keeps.
# shellcheck shell=bash
jobs/build.sh asan -- gridtally-fuzz

work=$(mktemp -d "${TMPDIR:-/dev/shm}/gridtally-fuzz-run-XXXXXX")
trap 'rm -rf "$work"' EXIT
export work
export program=$PWD/build/asan/bin/gridtally-fuzz
export corpus=$PWD/build/fuzz/corpus
export findings=$PWD/build/fuzz/findings
mkdir -p "$work/tmp" "$work/logs" "$work/here" "$corpus" "$findings"
GRIDTALLY_FUZZ_INPUTS=$work TMPDIR=$work/tmp "$program"
if [ $# -gt 0 ]; then targets=("$@"); else mapfile -t targets < <(ls "$work/seeds"); fi
for target in "${targets[@]}"; do mkdir -p "$corpus/$target"; done

# in_work TARGET [COMMAND...] -- ARGUMENTS...: gridtally-fuzz for this target, within the command, in an empty folder.
in_work() {
  local target=$1 within=()
  shift
  while [ "$1" != -- ]; do
    within+=("$1")
    shift
  done
  shift
  cd "$work/here" || return
  TMPDIR=$work/tmp GRIDTALLY_FUZZ_TARGET=$target "${within[@]}" "$program" -print_funcs=0 -rss_limit_mb=512 -timeout=10 "$@"
}
export -f in_work
