# shellcheck shell=bash
# What the job scripts of this folder share; they source it from the project's root. Not to be edited.

# Slurm asks by a signal to stop, at any moment of the script.
asked= # by which: USR1 (--signal, the time is nearly up) or TERM (the job is over)
step=  # what starts the ranks, while it runs
heed() {
  asked=$1
  interrupted=yes
  if [ -n "$step" ]; then kill -"$1" "$step" 2>/dev/null || true; fi
}
trap 'heed USR1; say "time is nearly up: stopping"' USR1
trap 'heed TERM' TERM

# This job's number, for Slurm's commands. An array's last element has the number of the whole array as its own.
me=${SLURM_JOB_ID:-}
if [ -n "${SLURM_ARRAY_JOB_ID:-}" ]; then me=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID; fi

say() { printf '%(%T)T %s\n' -1 "$*"; } # no other program: Slurm's signals end those

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
  if [[ $(srun --mpi=list 2>&1) = *pmix* ]]; then
    launcher=(srun --mpi=pmix --kill-on-bad-exit=1)
  fi
  say "job ${SLURM_JOB_ID:-?} (${SLURM_JOB_NAME:-?}) on ${SLURM_JOB_NODELIST:-?} by ${launcher[0]}," \
    "start $((${SLURM_RESTART_COUNT:-0} + 1))"
}

# run_to_the_end ARCHIVE COMMAND...: runs COMMAND --resume ARCHIVE until it ends or the job's time does. SIGUSR1 from Slurm
# (--signal=B:USR1@...) stops it in good order; the job then queues itself again, and goes on where it was.
run_to_the_end() {
  local archive=$1 pause job
  shift
  [ -e "$archive" ] || rm -f "$archive.height" "$archive.head" # of an archive that was dropped
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  # The last pause is longer than Slurm's default to notice that a node has died: it then queues the job again itself.
  for pause in 10 60 310 none; do
    run_step "$@" --resume "$archive"
    # srun may end with 0 although it could not start the ranks.
    if [ "$status" -eq 0 ] && ! is_complete "$archive" "$log"; then status=1; fi
    if [ "$status" -eq 0 ] || [ "$status" -eq 75 ] || says_why "$log" || [ -n "$asked" ] || [ $pause = none ]; then break; fi
    # Slurm may end the ranks before it tells this script that the job is over.
    job=$(slurm_says)
    [[ -z $job || $job = *JobState=RUNNING* ]] || break
    say "the ranks did not start, or one was killed (status $status); once more in $pause s" >&2
    sleep $pause &
    wait $! || true # a signal ends it
    [ -z "$asked" ] || break
  done
  if [ "$status" -eq 0 ]; then
    tell head '[0-9a-f]\{64\}' "$archive" "$log" >"$archive.head.new"
    mv "$archive.head.new" "$archive.head"
  else
    after_a_stop "$archive" "$log"
  fi
  rm -f "$archive.height"
  [ "$status" -eq 0 ] || fail "the run ended with status $status; what to do is said above, and in jobs/slurm/README.md"
}

# run_step COMMAND...: on all tasks. Sets `status`; `log` holds what it said.
run_step() {
  local copier watcher found
  status=75
  [ -z "$asked" ] || return 0 # with a very short limit it comes before there is a step
  # Slurm signals all that the job started; what the ranks say last must still be read.
  exec 3> >(trap '' TERM USR1 && exec tee "$log")
  copier=$!
  "${launcher[@]}" "$@" >&3 2>&1 3>&- &
  step=$!
  exec 3>&-
  [ -z "$asked" ] || kill -"$asked" "$step" || true # it came while there was no `step`
  watch_srun "$step" &
  watcher=$!
  # A trap ends the wait, not the step; 127: the wait before has told how that ended.
  status=127
  while
    interrupted=
    found=0
    wait "$step" 2>/dev/null || found=$?
    [ $found -eq 127 ] || status=$found
    [ -n "$interrupted" ]
  do :; done
  step=
  kill "$watcher" 2>/dev/null || true
  [ ! -e "$log.hung" ] || kill -KILL "$copier" 2>/dev/null || true
  # Its last lines may be on their way.
  while kill -0 "$copier" 2>/dev/null; do wait "$copier" 2>/dev/null || sleep 0.1; done
  if [ -e "$log.hung" ]; then
    rm "$log.hung"
    status=$(sed -n 's/^srun: error: .*: Exited with exit code \([0-9]*\)$/\1/p' "$log" | tail -1)
    status=${status:-0}
  fi
}

# watch_srun PID: ends an srun that stays although its ranks have ended, as that of Slurm 22.05 does at times: it then waits for ever
# for a thread of its own (pmixp_abort_agent_stop).
watch_srun() {
  local round seen='' without=0 steps
  [ "${launcher[0]}" = srun ] || return 0
  for ((round = 1; ; round++)); do
    sleep 5
    kill -0 "$1" 2>/dev/null || return 0
    # Slurm is asked once a minute, and at once where the log has somebody's last words.
    if ((round % 12)) && ! has_last_words "$log"; then continue; fi
    steps=$(squeue --noheader --steps --jobs="$me" --format=%i) || continue
    if grep -q '\.[0-9]' <<<"$steps"; then
      seen=yes
      without=0
    elif [ -n "$seen" ] || has_last_words "$log"; then
      without=$((without + 1))
    fi
    [ $without -ge 2 ] || continue
    say "srun stays although the ranks have ended: ending it"
    touch "$log.hung"
    kill -KILL "$1"
    return 0
  done
}

# Whether the run got to its end, as it says itself or, where it is to be quiet, as its archive does.
is_complete() {
  grep -q ', head [0-9a-f]\{64\}$' "$2" ||
    [[ $("$bin/gridtally-inspect" "$1" --json 2>/dev/null) = *'"outcome": "complete"'* ]]
}

# Whether the log has what is said at an end. That a run waits for a meter is not.
has_last_words() {
  awk '/^gridtally-[a-z]+: for [0-9]+ s no block: / { next }
    /^srun: error: / || /^gridtally-[a-z]+: / || /, head [0-9a-f]+$/ || /^verdict: / { found = 1 }
    END { exit !found }' "$1"
}

# Whether the run itself says why it failed: trying again would not help.
says_why() {
  awk '/^gridtally-solve: for [0-9]+ s no block: / { next }
    /^gridtally-solve: / && !/: stopped by / { found = 1 }
    END { exit !found }' "$1"
}

# What Slurm knows of this job; nothing where it does not answer.
slurm_says() {
  local pause
  for pause in 2 4 0; do scontrol show job "$me" 2>/dev/null && return 0 || sleep $pause || true; done
}

# after_a_stop ARCHIVE LOG: what follows where the run did not get to its end. Returns where the job is not to be queued again.
after_a_stop() {
  local archive=$1 log=$2 job
  ! says_why "$log" || return 0
  job=$(slurm_says)
  if [[ $job =~ Restarts=([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -gt "${SLURM_RESTART_COUNT:-0}" ]; then
    say "Slurm ended this start, and queues the job again itself" >&2
  elif [[ $job = *PreemptTime=[0-9]* ]]; then
    say "the nodes are wanted by a job that goes before this one" >&2
    queue_again "$archive" "$(height_of "$archive" "$log")"
  elif [[ $job = *Reason=TimeLimit* ]]; then # the warning came too late, or not at all
    out_of_time "$archive" "$(height_of "$archive" "$log")"
  elif [ "$asked" = TERM ]; then # also where the warning came before: whoever cancels a job does not want it back
    say "cancelled: the archive is whole, and the same sbatch command goes on with it" >&2
  elif [ "$asked" = USR1 ] || grep -Eq '^gridtally-solve: stopped by (SIGUSR1|--wall-time) ' "$log"; then
    out_of_time "$archive" "$(height_of "$archive" "$log")"
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

# height_of ARCHIVE LOG: 0 where there is nothing yet.
height_of() {
  local height
  height=$(tell height '[0-9]\{1,\}' "$1" "$2")
  echo "${height:-0}"
}

# out_of_time ARCHIVE HEIGHT: a time limit that is too short for the rest of a day leads nowhere: then the job ends instead.
out_of_time() {
  local archive=$1 height=$2 before
  before=$(cat "$archive.height" 2>/dev/null || echo -1)
  echo "$height" >"$archive.height"
  if [ "$height" -le "$before" ]; then
    status=75 fail "no block was added in this time limit (height $height): raise --time; the archive is whole, and" \
      "the same sbatch command goes on with it"
  fi
  queue_again "$archive" "$height"
}

# queue_again ARCHIVE HEIGHT: ends the script.
queue_again() {
  local archive=$1 height=$2 refusal pause end ended=
  trap 'ended=yes' TERM # so Slurm ends this start of the job
  for pause in 2 4 8 none; do
    # A scontrol that Slurm ended with the job has been heard, and says nothing.
    if refusal=$(scontrol requeue "$me" 2>&1) || { [ -n "$ended" ] && [ -z "$refusal" ]; }; then
      say "stopped after height $height: queued again"
      end=$((SECONDS + 60))
      while [ -z "$ended" ] && [ $SECONDS -lt $end ]; do sleep 1 || true; done
      exit 0
    fi
    [ $pause = none ] || sleep $pause || true
  done
  status=75 fail "stopped after height $height, and Slurm does not queue this job again ($refusal): submit the same sbatch" \
    "command, and it goes on; without --no-requeue it queues itself again"
}

# audit_archive ARCHIVE [PRIVATE_FILES]: on all tasks of the job.
audit_archive() {
  local archive=$1 options=()
  trap '' USR1 # it cannot go on later, and may use the time that is left
  [ -z "${2:-}" ] || options+=(--private "$2")
  # The head that the run printed: holds the archive against a history that was signed anew.
  [ ! -s "$archive.head" ] || options+=(--head "$archive.head")
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  run_step "$bin/gridtally-audit" "$archive" "${options[@]}"
  # What could not be started has found nothing, whatever srun's status is.
  if [ "$status" -eq 0 ] && ! grep -q '^verdict: sound' "$log"; then status=2; fi
  if [ "$status" -ne 0 ]; then
    echo "############################################################################"
    fail "AUDIT FAILED with status $status: do not use $archive. What is wrong is said above"
  fi
  say "audit passed: $archive"
}
