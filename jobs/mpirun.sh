#!/usr/bin/env bash
# mpirun with the settings of mpi_env.sh, and with the status of a run that was asked to stop: jobs/mpirun.sh -n RANKS PROGRAM [options]
# mpirun itself answers SIGTERM and Ctrl-C by ending the ranks, with status 1. Here they reach the ranks as SIGUSR1, which mpirun
# passes on: the run stops in good order, and the status is its own, 75. Whoever asks twice gets what mpirun does.
set -uo pipefail
# A script that puts this into the background has had SIGINT ignored, which bash cannot undo.
if [ -n "$(trap -p INT)" ]; then exec env --default-signal=INT "$0" "$@"; fi
# shellcheck source=jobs/mpi_env.sh
. "$(dirname "$0")/mpi_env.sh"
export GRIDTALLY_MPIRUN=$0  # what gridtally-solve says to go on with

asked=
stop() {
  if [ -z "$asked" ]; then kill -USR1 "$job" 2>/dev/null; else kill -TERM "$job" 2>/dev/null; fi
  asked=yes
}

# In a session of its own, so that Ctrl-C reaches this script alone; and ended with it, should it be killed.
setsid setpriv --pdeathsig TERM mpirun "$@" </dev/null &
job=$!
trap stop TERM INT HUP USR1
while kill -0 "$job" 2>/dev/null; do wait "$job"; done
wait "$job"
