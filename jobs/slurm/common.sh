# shellcheck shell=bash
# What the job scripts of this folder share; they source it from the project's root. Not to be edited.

say() { echo "$(date +%T) $*"; }

fail() {
  say "$@" >&2
  exit "${status:-2}"
}

# Looks whether the job can work, before anything is started. Sets `bin`, and `launcher`: one rank a task, on all nodes.
prepare() {
  asked= # the signal by which Slurm asked to stop; with a very short limit it comes before there is a step
  trap 'asked=USR1' USR1
  bin=${GRIDTALLY_BIN:-$PWD/build/release/bin}
  if [ ! -x "$bin/gridtally-solve" ]; then
    fail "no programs in '$bin'. Submit from the project's root, after jobs/install.sh && jobs/build.sh release;" \
      "elsewhere name the folder: GRIDTALLY_BIN=/path/to/bin sbatch ..."
  fi
  # shellcheck source=jobs/mpi_env.sh
  . jobs/mpi_env.sh
  launcher=(mpirun) # where Slurm was built without PMIx: Open MPI asks Slurm for the nodes itself
  if [[ $(srun --mpi=list 2>&1) = *pmix* ]]; then
    launcher=(srun --mpi=pmix --kill-on-bad-exit=1)
  fi
  say "job ${SLURM_JOB_ID:-?} (${SLURM_JOB_NAME:-?}) on ${SLURM_JOB_NODELIST:-?}, start $((${SLURM_RESTART_COUNT:-0} + 1))"
}

# run_to_the_end ARCHIVE COMMAND...: runs COMMAND --resume ARCHIVE until it ends or the job's time does. SIGUSR1 from Slurm
# (--signal=B:USR1@...) stops it in good order; the job then queues itself again, and goes on where it was.
run_to_the_end() {
  local archive=$1 log pause
  shift
  [ -e "$archive" ] || rm -f "$archive.height" "$archive.head" # of an archive that was dropped
  log=$(mktemp)
  # The last pause is longer than Slurm's default to notice that a node has died: it then queues the job again itself.
  for pause in 10 60 310 none; do
    run_step "$log" "$@" --resume "$archive"
    # srun may end with 0 although it could not start the ranks.
    if [ "$status" -eq 0 ] && ! is_complete "$archive" "$log"; then status=1; fi
    if [ "$status" -eq 0 ] || [ "$status" -eq 75 ] || says_why "$log" || [ -n "$asked" ] || [ $pause = none ]; then break; fi
    # Slurm may end the ranks before it tells this script that the job is over.
    [[ $(scontrol show job "$SLURM_JOB_ID") = *JobState=RUNNING* ]] || break
    say "the ranks did not start, or one was killed (status $status); once more in $pause s" >&2
    sleep $pause &
    wait $! || true # a signal ends it
    [ -z "$asked" ] || break
  done
  if [ "$status" -eq 0 ]; then
    tell head '[0-9a-f]\{64\}' "$archive" "$log" >"$archive.head.new"
    mv "$archive.head.new" "$archive.head"
  elif ran_out_of_time "$log"; then
    queue_again "$archive" "$log"
  elif [ "$asked" = TERM ]; then
    say "cancelled: the archive is whole, and the same sbatch command goes on with it" >&2
  fi
  rm -f "$log" "$archive.height"
  [ "$status" -eq 0 ] || fail "the run ended with status $status; what to do is said above, and in jobs/slurm/README.md"
}

# run_step LOG COMMAND...: sets `status` and `asked`.
run_step() {
  local log=$1 step copier
  shift
  mkfifo "$log.pipe"
  # Slurm signals all that the job started; what the ranks say last must still be read.
  (trap '' TERM USR1 && exec tee "$log" <"$log.pipe") &
  copier=$!
  "${launcher[@]}" "$@" >"$log.pipe" 2>&1 &
  step=$!
  trap 'asked=USR1; say "time is nearly up: stopping"; kill -USR1 "$step" 2>/dev/null || true' USR1
  trap 'asked=${asked:-TERM}; kill -TERM "$step" 2>/dev/null || true' TERM
  [ -z "$asked" ] || kill -USR1 "$step" || true
  # A trap ends the wait, not the step.
  while wait "$step"; status=$?; [ "$status" -gt 128 ] && kill -0 "$step" 2>/dev/null; do :; done
  trap 'asked=USR1' USR1
  trap 'asked=${asked:-TERM}' TERM
  # Its last lines may be on their way; a signal ends the wait, not the copier.
  while ! wait "$copier" && kill -0 "$copier" 2>/dev/null; do :; done
  rm "$log.pipe"
}

# Whether the run got to its end, as it says itself or, where it is to be quiet, as its archive does.
is_complete() {
  grep -q ', head [0-9a-f]\{64\}$' "$2" ||
    [[ $("$bin/gridtally-inspect" "$1" --json 2>/dev/null) = *'"outcome": "complete"'* ]]
}

# Whether the run itself says why it failed: trying again would not help.
says_why() { awk '/^gridtally-solve: / && !/: stopped by / { found = 1 } END { exit !found }' "$1"; }

# Whether it is the job's time that ended the run. Whoever cancels a job does not want it back.
ran_out_of_time() {
  if [ "$asked" = USR1 ]; then
    ! says_why "$1"
  elif [[ $(scontrol show job "$SLURM_JOB_ID") = *Reason=TimeLimit* ]]; then
    return 0 # the warning came too late, or not at all
  else
    grep -Eq '^gridtally-solve: stopped by (SIGUSR1|--wall-time) ' "$1"
  fi
}

# tell NAME PATTERN ARCHIVE LOG: the head or the height of the chain. Where the run did not say it, as Slurm cut it off or it is
# to be quiet, the archive does.
tell() {
  local value
  value=$(sed -n "s/.* $1 \($2\)\(;.*\)\{0,1\}\$/\1/p" "$4" | tail -1)
  if [ -z "$value" ] && "$bin/gridtally-inspect" "$3" --json >"$4" 2>/dev/null; then
    value=$(sed -n "s/^  \"$1\": \"\{0,1\}\($2\)\"\{0,1\},\$/\1/p" "$4")
  fi
  echo "$value"
}

# A time limit that is too short for the rest of a day leads nowhere: then the job ends instead.
queue_again() {
  local archive=$1 height before
  height=$(tell height '[0-9]\{1,\}' "$archive" "$2")
  before=$(cat "$archive.height" 2>/dev/null || echo -1)
  rm -f "$2"
  if [ "${height:-0}" -le "$before" ]; then
    status=75 fail "no block was added in this time limit (height ${height:-0}): raise --time; the archive is whole, and" \
      "the same sbatch command goes on with it"
  fi
  echo "${height:-0}" >"$archive.height"
  say "stopped after height ${height:-0}: queued again"
  trap - TERM
  scontrol requeue "$SLURM_JOB_ID"
  sleep 60 # Slurm ends this start of the job
  exit 0
}
