#!/usr/bin/env bash
# Makes tests/fuzz/corpus anew, of what it holds and what run.sh has learnt since (build/fuzz/corpus):
#   tests/fuzz/corpus.sh [TARGET...]     all targets
# Of each target the smallest inputs that reach code which its seeds do not reach, `most_files` at most. An input larger than
# `most_bytes` is kept as what it changes of a seed (kept.hpp), if that is small enough, else not at all. None names a folder of this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/fuzz/setup.sh

most_files=40
most_bytes=4096
most_bytes_together=600000

# as_edit SEED FILE: what FILE changes of the seed.
as_edit() {
  local size padded=$work/padded
  size=$(wc -c <"$2")
  cp "$1" "$padded"
  truncate -s "$size" "$padded"
  printf 'seed %d %d' "${1##*/seed-}" "$size"
  { cmp -l "$padded" "$2" || true; } | awk '
    $1 != next_place { printf "\n%d", $1 - 1 }
    { printf " %s", $3; next_place = $1 + 1 }
    END { print "" }'
}

# keep TARGET FILE: writes it to kept_anew/TARGET as it would be kept, if it can be.
keep() {
  local kept=$work/kept_anew/$1/${2##*/} edit=$work/edit seed
  if grep -qaFe "/$(cut -d/ -f2 <<<"$PWD")/" -e "$HOME/" -e /tmp/ -e /dev/shm -e "$(hostname)" "$2"; then return; fi
  if [ "$(wc -c <"$2")" -le $most_bytes ]; then
    cp "$2" "$kept"
    return
  fi
  for seed in "$work/seeds/$1"/*; do
    as_edit "$seed" "$2" >"$edit"
    if [ "$(wc -c <"$edit")" -le "$(wc -c 2>/dev/null <"$kept.edit" || echo $most_bytes)" ]; then cp "$edit" "$kept.edit"; fi
  done
}

# What libFuzzer takes of all that is known, so that it reaches what the seeds and all of that reach together.
merge() {
  local merged=$work/merged/$1
  mkdir -p "$merged" "$work/kept_anew/$1"
  cp "$work/seeds/$1"/* "$merged"
  if ! (in_work "$1" -- -merge=1 -use_counters=0 "$merged" "$corpus/$1" "$work/kept/$1" >"$work/logs/$1" 2>&1); then
    tail -n 5 "$work/logs/$1" >&2
    exit 1
  fi
  rm "$merged"/seed-*
}

for target in "${targets[@]}"; do
  merge "$target"
  for file in "$work/merged/$target"/*; do keep "$target" "$file"; done
  mapfile -t files < <(find "$work/kept_anew/$target" -type f -printf '%s %f\n' | sort -n | head -n $most_files | cut -d' ' -f2)
  folder=tests/fuzz/corpus/$target
  rm -rf "$folder"
  mkdir -p "$folder"
  (cd "$work/kept_anew/$target" && cp "${files[@]}" "$OLDPWD/$folder")
  printf '%-12s %3d files, %6d bytes\n' "$target" "${#files[@]}" "$(cat "$folder"/* | wc -c)"
done
together=$(find tests/fuzz/corpus -type f -exec cat {} + | wc -c)
echo "all: $together bytes"
if [ "$together" -gt $most_bytes_together ]; then
  echo "corpus.sh: that is more than $most_bytes_together bytes" >&2
  exit 1
fi
