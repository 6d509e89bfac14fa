# shellcheck shell=bash
# What the scripts of this folder share; they source it from the project's root. Not to be edited.
# shellcheck source=jobs/pi-cluster/cluster.conf
. "${CLUSTER_CONF:-jobs/pi-cluster/cluster.conf}"

fail() {
  echo "$(basename "$0"): $*" >&2
  exit "${status:-2}"
}

[ -r "$hosts" ] || fail "no '$hosts': the boards, one a line (jobs/pi-cluster/hosts is an example)"
mapfile -t boards < <(sed 's/#.*//' "$hosts" | awk 'NF { print $1 }')
[ ${#boards[@]} -gt 0 ] || fail "'$hosts' names no board"

# on BOARD COMMAND...: runs it there, in the project's folder once that is there.
on() {
  local board=$1
  shift
  # shellcheck disable=SC2086  # options are words
  ssh -o BatchMode=yes -o ConnectTimeout=5 $ssh_options "$user@$board" "$@"
}

# Boards of the list that do not answer, a line each.
silent_boards() {
  local board
  for board in "${boards[@]}"; do
    on "$board" true </dev/null >/dev/null 2>&1 || echo "$board" &
  done
  wait
}

# What goes to another board: what is committed or could be, and no results. A list for tar, from the project's root.
project_files() {
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard
  else
    find . -type f ! -path './build/*' ! -path './results/*' ! -path './.git/*'
  fi
}
