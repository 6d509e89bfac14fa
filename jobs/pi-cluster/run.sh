#!/usr/bin/env bash
# A run on the boards: jobs/pi-cluster/run.sh [--resume] [option of gridtally-solve ...]    from the project's root, first board
#   --resume  goes on after a board, a link or a rank was lost, or a stop
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=jobs/pi-cluster/common.sh
. jobs/pi-cluster/common.sh
resume=(--output "$archive")
if [ "${1:-}" = --resume ]; then
  resume=(--resume "$archive")
  shift
fi
[ -x "$folder/build/release/bin/gridtally-solve" ] || fail "no programs in '$folder': run jobs/pi-cluster/setup.sh first"
mkdir -p "$(dirname "$archive")"

settings=()
while read -r name value; do settings+=(--mca "$name" "$value"); done \
  < <(sed 's/#.*//' "${MPI_CONF:-jobs/pi-cluster/mpi.conf}" | awk -F= 'NF == 2 { gsub(/[ \t]/, ""); print $1, $2 }')
if [ -n "$network" ]; then
  settings+=(--mca btl_tcp_if_include "$network" --mca oob_tcp_if_include "$network")
fi
export OMPI_MCA_plm_rsh_agent="ssh -o BatchMode=yes -o ConnectTimeout=5 -l $user $ssh_options"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ranks=$(sed 's/#.*//' "$hosts" | awk 'NF { n = 1; for (i = 2; i <= NF; ++i) if ($i ~ /^slots=/) n = substr($i, 7); sum += n } END { print sum }')

# mpirun ends by itself when a rank or a board is lost, but not always when it is asked to while a board is lost.
# shellcheck disable=SC2086  # options are words
mpirun --hostfile "$hosts" -n "$ranks" --wdir "$folder" "${settings[@]}" \
  "$folder/build/release/bin/gridtally-solve" "$community" "${resume[@]}" --validators "$validators" --keys "$keys" $options "$@" &
run=$!
trap 'kill -TERM "$run" 2>/dev/null; (sleep 20; kill -KILL "$run") 2>/dev/null &' TERM INT
trap 'kill -USR1 "$run" 2>/dev/null' USR1
while wait "$run"; status=$?; [ "$status" -gt 128 ] && kill -0 "$run" 2>/dev/null; do :; done
case "$status" in 0 | 2 | 3) exit "$status" ;; esac

silent=$(silent_boards)
{
  echo "run.sh: the run ended with status $status."
  if [ -n "$silent" ]; then
    echo "run.sh: no answer from $(echo "$silent" | xargs): look at its power, its cable and jobs/pi-cluster/watch.sh"
  fi
  echo "run.sh: every acknowledged block is in $archive; to go on: jobs/pi-cluster/run.sh --resume"
} >&2
exit "$status"
