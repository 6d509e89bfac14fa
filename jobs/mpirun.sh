#!/usr/bin/env bash
# mpirun with the settings of mpi_env.sh, and with the status of a run that was asked to stop: jobs/mpirun.sh -n RANKS PROGRAM [options]
# mpirun itself answers SIGTERM and Ctrl-C by ending the ranks, with status 1. Here they reach the ranks as SIGUSR1, which mpirun
# passes on: the run stops in good order, and the status is its own, 75. Asked a third time, it is killed.
# Stdin is empty. Ctrl-Z stops this script alone.
set -uo pipefail
self=$(realpath "${BASH_SOURCE[0]}")
# A script that puts this into the background has had SIGINT ignored, which bash cannot undo.
if [ -n "$(trap -p INT)" ]; then exec env --default-signal=INT bash "$self" "$@"; fi
# shellcheck source=jobs/mpi_env.sh
. "$(dirname "$self")/mpi_env.sh" || exit
export GRIDTALLY_MPIRUN=$0  # what gridtally-solve says to go on with

asked=0
# shellcheck disable=SC2317 # called by trap
stop() {
  asked=$((asked + 1))
  case $asked in
    1) ;;
    2) echo "mpirun.sh: it is stopping; asked once more, it is killed" >&2 ;;
    *) kill -KILL "$job" 2>/dev/null ;;
  esac
}

# In a session of its own, so that Ctrl-C reaches this script alone; and ended with it, should it be killed.
setsid setpriv --pdeathsig TERM mpirun "$@" </dev/null &
job=$!
trap stop TERM INT HUP USR1
for ((tenths = 0; ; )); do
  kill -0 "$job" 2>/dev/null || break
  if [ "$asked" -eq 0 ]; then
    wait "$job"
  else # each second: while mpirun starts, it drops what it should pass on
    if ((tenths++ % 10 == 0)); then kill -USR1 "$job" 2>/dev/null; fi
    sleep 0.1 &
    wait $!
  fi
done
wait "$job"
status=$?
# By SIGUSR1 itself, before mpirun or a rank heeded it: nothing has begun.
if [ "$asked" -gt 0 ] && [ "$status" -eq 138 ]; then
  echo "mpirun.sh: stopped before the run had begun; to begin or go on, call it again" >&2
  status=75
fi
exit "$status"
