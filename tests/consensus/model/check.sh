#!/usr/bin/env bash
# Searches consensus.pml with spin: tests/consensus/model/check.sh
# Ends with 0 when the protocol's searches are exhaustive without an error, every spoiled protocol
# breaks agreement, and every run that must be possible was found. Needs spin and gcc; half a minute.
set -euo pipefail
model=$(cd "$(dirname "$0")" && pwd)/consensus.pml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
megabytes=1500
optimise=-O2

fail() {
  echo "check.sh: $1" >&2
  [ ! -f report ] || cat report >&2
  exit 1
}

# search OPTIONS...: the whole state space, or up to the first error; the result is ./report.
search() {
  rm -f pan pan.* ./*.trail report
  spin "$@" -a "$model" >spin.log 2>&1 || fail "spin refuses the model: $(cat spin.log)"
  [ ! -s spin.log ] || fail "spin warns: $(cat spin.log)"
  gcc $optimise -w -DSAFETY -DNOREDUCE -DMEMLIM="$megabytes" -o pan pan.c || fail "gcc refuses spin's program"
  ./pan -m1000 -w24 >report 2>&1 || true
  errors=$(sed -n 's/^State-vector .*, errors: \([0-9]*\)$/\1/p' report)
  [ -n "$errors" ] || fail "no result ($*)"
}

# Nothing cut short, nothing approximated, no code that was never reached.
expect_sound() {
  local what=$1
  shift
  search "$@"
  [ "$errors" = 0 ] || fail "$what: an error where there must be none ($*)"
  if grep -Eqi 'not completed|too small|truncated|out of memory|bit ?state|hash-?compact|error:' report; then
    fail "$what: not an exhaustive search ($*)"
  fi
  grep -q '^Full statespace search' report || fail "$what: not a full search ($*)"
  [ "$(grep -c 'pml:[0-9]*, state' report)" = 1 ] || fail "$what: code never reached ($*)"
  local states depth memory seconds
  states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' report)
  depth=$(sed -n 's/.*depth reached \([0-9]*\),.*/\1/p' report)
  memory=$(sed -n 's/^ *\([0-9.]*\)\stotal actual memory usage$/\1/p' report)
  seconds=$(sed -n 's/^pan: elapsed time \([0-9.]*\) seconds$/\1/p' report)
  echo "$what: errors: 0; exhaustive, $states states, depth $depth, $memory MB, $seconds s"
}

# An assertion must fail; nothing else may end the search.
expect_violation() {
  local what=$1
  shift
  search "$@"
  [ "$errors" = 1 ] || fail "$what: not found ($*)"
  grep -q '^pan:1: assertion violated' report || fail "$what: another error ($*)"
  [ -f consensus.pml.trail ] || fail "$what: no trail ($*)"
  echo "$what: found"
}

expect_sound "3 rounds, every order of events" -DROUNDS=3
expect_sound "4 rounds, ordered" -DROUNDS=4 -DORDERED
optimise=-O0 # errors are found within seconds; compiling would take longer
for order in "" -DORDERED; do
  for spoiled in NO_LOCK NO_PROOF QUORUM=2 BYZANTINE=2; do
    expect_violation "two decisions with $spoiled ${order#-D}" "-D$spoiled" -DUNCHECKED_LOCKS $order
  done
  expect_violation "a decision in round 0 ${order#-D}" -DWITNESS=1 $order
  expect_violation "a lock in round 0, a decision in round 1 ${order#-D}" -DWITNESS=2 $order
  expect_violation "a lock given up for a newer proof ${order#-D}" -DWITNESS=3 $order
done
