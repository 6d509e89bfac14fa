# shellcheck shell=bash
# Runs on a Pi, in its cluster folder; setup.sh sends it there: keys.sh FIRST COUNT FIRST COUNT, of its meters and validators.
# Makes the keys that are not there yet, and prints the public halves of all of these. Secret halves stay in `keys`.
set -euo pipefail

# make KIND FIRST COUNT FORMAT OTHER-KIND
make() {
  local i key
  for ((i = $2; i < $2 + $3; ++i)); do
    # shellcheck disable=SC2059
    printf -v key "$1-$4" "$i"
    names+=("$key")
    if [ ! -e "keys/$key.key" ]; then
      bin/gridtally-keygen keys "--$1s" 1 "--first-$1" "$i" "--$5s" 0 >/dev/null
    fi
  done
}

names=()
make meter "$1" "$2" %05d validator
make validator "$3" "$4" %d meter
[ "${#names[@]}" -gt 0 ] || exit 0
bin/gridtally-keygen keys --public | grep -E "^($(IFS='|' && echo "${names[*]}")) "
