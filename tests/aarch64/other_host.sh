#!/bin/sh
# In the place of ssh (plm_rsh_agent): other_host.sh HOST COMMAND...
# Starts COMMAND, Open MPI's daemon, on this machine, but under HOST's name and in namespaces of its own, where all of
# $GRIDTALLY_PROGRAMS is arm64's: what lies in $GRIDTALLY_ARM64.
set -eu
host=$1
shift
export COMMAND="$*"
# shellcheck disable=SC2016 # for the inner shell
exec unshare --map-root-user --mount --uts sh -euc '
  hostname "$1"
  mount --bind "$GRIDTALLY_ARM64" "$GRIDTALLY_PROGRAMS"
  mount -t tmpfs tmpfs /dev/shm
  PATH=$GRIDTALLY_PROGRAMS:$PATH
  exec sh -c "$COMMAND"' sh "$host"
