# shellcheck shell=bash
# What the job scripts of this folder share; they source it from the project's root. Not to be edited.

say() { echo "$(date +%T) $*"; }

fail() {
  say "$@" >&2
  exit "${status:-2}"
}

# Looks whether the job can work, before anything is started. Sets `bin`, and `launcher`: one rank a task, on all nodes.
prepare() {
  bin=${GRIDTALLY_BIN:-$PWD/build/release/bin}
  if [ ! -x "$bin/gridtally-solve" ]; then
    fail "no programs in '$bin'. Submit from the project's root, after jobs/install.sh && jobs/build.sh release;" \
      "elsewhere name the folder: GRIDTALLY_BIN=/path/to/bin sbatch ..."
  fi
  # shellcheck source=jobs/mpi_env.sh
  . jobs/mpi_env.sh
  launcher=(mpirun) # where Slurm was built without PMIx: Open MPI asks Slurm for the nodes itself
  if srun --mpi=list 2>&1 | grep -q pmix; then
    launcher=(srun --mpi=pmix --kill-on-bad-exit=1)
  fi
  say "job ${SLURM_JOB_ID:-?} (${SLURM_JOB_NAME:-?}) on ${SLURM_JOB_NODELIST:-?}, start $((${SLURM_RESTART_COUNT:-0} + 1))"
}

# run_to_the_end ARCHIVE COMMAND...: runs COMMAND --resume ARCHIVE until it ends or the job's time does. SIGUSR1 from Slurm
# (--signal=B:USR1@...) stops it in good order; the job then queues itself again, and goes on where it was.
run_to_the_end() {
  local archive=$1 log attempt
  shift
  log=$(mktemp)
  for attempt in 1 2 3; do
    run_step "$log" "$@" --resume "$archive"
    # What never began, as a node was not ready, may be tried again.
    if [ "$status" -eq 0 ] || [ -n "$asked" ] || grep -Eq '^gridtally-|[0-9] prosumers?, ' "$log"; then break; fi
    say "attempt $attempt: the ranks did not start (status $status); once more in 10 s" >&2
    sleep 10
  done
  if [ "$status" -eq 0 ]; then
    sed -n 's/.*, head \([0-9a-f]\{64\}\)$/\1/p' "$log" | tail -1 >"$archive.head.new"
    # A run that had ended before says no head: it was kept then.
    if [ -s "$archive.head.new" ]; then mv "$archive.head.new" "$archive.head"; else rm "$archive.head.new"; fi
  elif [ "$status" -eq 75 ] || grep -q '^gridtally-solve: stopped by ' "$log"; then
    queue_again "$archive" "$log" # srun may say 137: a rank was cut off while it closed
  fi
  rm -f "$log" "$archive.height"
  [ "$status" -eq 0 ] || fail "the run ended with status $status; what to do is said above, and in jobs/slurm/README.md"
}

# run_step LOG COMMAND...: sets `status`, and `asked` where Slurm asked to stop.
run_step() {
  local log=$1 step
  shift
  asked=
  "${launcher[@]}" "$@" > >(tee "$log") 2>&1 &
  step=$!
  trap 'asked=yes; say "time is nearly up: stopping"; kill -USR1 "$step"' USR1
  trap 'asked=yes; kill -TERM "$step"' TERM
  # A trap ends the wait, not the step.
  while wait "$step"; status=$?; [ "$status" -gt 128 ] && kill -0 "$step" 2>/dev/null; do :; done
  trap - USR1 TERM
  sleep 0.2 # the last lines are still on their way through tee
}

# A time limit that is too short for the rest of a day leads nowhere: then the job ends instead.
queue_again() {
  local archive=$1 height before
  height=$(sed -n 's/^gridtally-solve: stopped by .* after height \([0-9]*\);.*/\1/p' "$2" | tail -1)
  before=$(cat "$archive.height" 2>/dev/null || echo -1)
  rm -f "$2"
  if [ "${height:-0}" -le "$before" ]; then
    status=75 fail "no block was added in this time limit (height ${height:-0}): raise --time; the archive is whole, and" \
      "the same sbatch command goes on with it"
  fi
  echo "${height:-0}" >"$archive.height"
  say "stopped after height ${height:-0}: queued again"
  scontrol requeue "$SLURM_JOB_ID"
  sleep 60 # Slurm ends this start of the job
  exit 0
}
