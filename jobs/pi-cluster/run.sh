#!/usr/bin/env bash
# Runs the community on the Pis that setup.sh made ready: jobs/pi-cluster/run.sh [--cluster FOLDER] [--resume] [-- options]
#   --resume   goes on with a run that was stopped or broke off; begins it where there is nothing yet
#   options    more of gridtally-solve, as --force or --verbose
# Called on the head. Ctrl-C, SIGTERM: stops in good order, with status 75. Status otherwise: that of gridtally-solve; 4 when a
# Pi, a link or a process was lost. Nothing that is in the archive is lost then, and --resume goes on.
# shellcheck disable=SC2317 # functions are called by name
set -euo pipefail
# shellcheck source=jobs/pi-cluster/common.sh
. "$(dirname "$0")/common.sh"
cluster=$here
output=--output
more=()
while [ $# -gt 0 ]; do
  case $1 in
    --cluster)
      cluster=${2:?--cluster needs a folder}
      shift 2
      ;;
    --resume)
      output=--resume
      shift
      ;;
    --)
      shift
      more=("$@")
      break
      ;;
    *) fail "unknown option '$1'; usage: jobs/pi-cluster/run.sh [--cluster FOLDER] [--resume] [-- options]" ;;
  esac
done
load "$cluster"
require_head
[ -e "$home/public-keys" ] || fail "this cluster is not ready: call jobs/pi-cluster/setup.sh first"

to_close=30  # [s] for a run that is asked to stop
to_notice=10 # [s] for mpirun, once a Pi does not answer

state=$(mktemp -d)
answers=$state/answers
mkdir "$answers" "$state/lost"
watch=
finish() {
  [ -z "$watch" ] || kill "$watch" 2>/dev/null || true
  wait
  rm -rf "$state"
}
trap finish EXIT

is_ready() {
  local one_login=(-o ConnectTimeout=30) # all Pis at once ask much of the head
  on "$1" "{ test -x '$folder/bin/gridtally-solve' || { echo 'not ready: call setup.sh' && false; }; } && { $(homes_are_closed); }"
}
status=4
everywhere is_ready || { say_failed && fail "these Pis are needed. Nothing was started"; }

# A rank a line: the validators' Pis, then the meters'.
{
  printf '%s\n' "${hosts[@]:0:validator_ranks}"
  printf '%s\n' "${hosts[@]:0:meter_ranks}"
} >"$home/ranks"

mca=(plm_rsh_agent "ssh -F $ssh_config -o ConnectTimeout=30" btl_tcp_if_include "$subnet" oob_tcp_if_include "$subnet")
while IFS='=' read -r setting value; do
  mca+=("${setting// /}" "${value# }")
done < <(grep -E '^[a-z_]+ = ' "$here/mpi.conf")

command=(mpirun)
for ((i = 0; i < ${#mca[@]}; i += 2)); do command+=(--mca "${mca[i]}" "${mca[i + 1]}"); done
command+=(-n $((validator_ranks + meter_ranks)) --hostfile "$home/ranks" --map-by seq -wdir "$home"
  "$home/bin/gridtally-solve" "$home/community" --homes "$home/homes" --keys "$home/keys" --registry "$home/public-keys" --validators "$validators" --meters "$meters"
  --validator-ranks "$validator_ranks" "${options[@]}" "$output" "$home/$archive" "${more[@]}")

setsid "$here/watch.sh" --cluster "$cluster" --log "$home/watch.csv" --lost "$state/lost" </dev/null &
watch=$!

# In a session of its own, as the watch: what is typed at this terminal reaches this script alone.
log=$home/$archive.log
said_before=0
[ ! -e "$log" ] || said_before=$(wc -c <"$log")
mkfifo "$state/said"
(trap '' TERM INT HUP && exec tee -a "$log" <"$state/said") &
teller=$!
setsid "${command[@]}" </dev/null >"$state/said" 2>&1 &
job=$!
asked=
trap 'asked=yes; say "stopping"; kill -USR1 "$job" 2>/dev/null || true' TERM INT HUP

# Pis that have not answered for `to_notice` seconds.
long_lost() { ! compgen -G "$state/lost/*" >/dev/null || find "$state/lost" -type f ! -newermt "-$to_notice seconds"; }

give_up=
while kill -0 "$job" 2>/dev/null; do
  if [ -n "$asked" ] && [ -z "$give_up" ]; then give_up=$((SECONDS + to_close)); fi
  if { [ -n "$give_up" ] && [ "$SECONDS" -ge "$give_up" ]; } || [ -n "$(long_lost)" ]; then
    say "mpirun does not end by itself: it is killed" >&2
    kill -KILL "$job" 2>/dev/null || true
  fi
  sleep 1 &
  wait $! || true
done
status=0
wait "$job" || status=$?
trap - TERM INT HUP
wait "$teller" || true # its last lines may be on their way

if [ "$status" -eq 0 ]; then
  tail -c "+$((said_before + 1))" "$log" | sed -n 's/.*, head \([0-9a-f]\{64\}\)$/\1/p' | tail -n 1 >"$state/head"
  if [ -s "$state/head" ]; then mv "$state/head" "$home/$archive.head"; fi
  exit 0
fi

# --- what went wrong, and where

# Ranks that nobody ends any more: of this archive alone.
sweep() {
  on "$1" "pkill -KILL -f '^$home/bin/gridtally-solve .* $home/$archive( |\$)' && echo 'processes that were left are ended' || true"
}
everywhere sweep || true
for i in "${!hosts[@]}"; do
  if [ -s "$answers/$i" ] && grep -q 'are ended' "$answers/$i"; then say "${hosts[i]}: $(cat "$answers/$i")" >&2; fi
done
if [ "${#failed[@]}" -gt 0 ] && [ "${#failed[@]}" -ge $((${#hosts[@]} - 1)) ] && [ "${#hosts[@]}" -gt 2 ]; then
  say "lost: ${hosts[0]}, this Pi, reaches none of the others: look at its own link, and at the switch" >&2
else
  for i in "${failed[@]}"; do say "lost: ${hosts[i]} does not answer: look at its power and its link" >&2; done
fi
case $status in
  2 | 3) exit "$status" ;; # said by gridtally-solve; the same command would end the same way
  75) ;;
  1 | 4) if [ "${#failed[@]}" -gt 0 ]; then status=4; fi ;;
  *) if [ -n "$asked" ]; then status=75; else status=4; fi ;; # mpirun was killed, or a process
esac
say "to go on: jobs/pi-cluster/run.sh --resume" >&2
exit "$status"
