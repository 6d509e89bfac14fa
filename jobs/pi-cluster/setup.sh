#!/usr/bin/env bash
# Makes boards ready for run.sh: jobs/pi-cluster/setup.sh [--no-packages]    from the project's root, on the first board
# On each board: ssh without a password, packages, the programs (built once an architecture), the community, and keys that are
# made there and stay there. What is there already is left as it is: call it again after a change.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=jobs/pi-cluster/common.sh
. jobs/pi-cluster/common.sh
packages=yes
case "${1:-}" in
  '') ;;
  --no-packages) packages= ;;
  *)
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
    ;;
esac
programs=(solve audit inspect keygen preflight)

echo "ssh: ${#boards[@]} boards"
[ -e "$HOME/.ssh/id_ed25519" ] || [ -n "$ssh_options" ] || ssh-keygen -q -t ed25519 -N '' -f "$HOME/.ssh/id_ed25519"
silent=$(silent_boards)
if [ -n "$silent" ]; then
  fail "no ssh without a password to: $(echo "$silent" | xargs)
  for each of them, from here: ssh-copy-id $user@BOARD"
fi

quoted() { printf '%q ' "$@"; }

# The project goes everywhere but here.
for board in "${boards[@]}"; do
  echo "$board: project in $folder"
  if [ "$(on "$board" hostname </dev/null)" != "$(hostname)" ]; then
    project_files | tar -cz -T - | on "$board" "mkdir -p $(quoted "$folder") && tar -xz -C $(quoted "$folder")"
  fi
  if [ -n "$packages" ]; then
    on "$board" "cd $(quoted "$folder") && jobs/install.sh" </dev/null | sed "s/^/$board: /"
  fi
done

# One build an architecture: on the first board that has it, copied to its like.
declare -A built_on
for board in "${boards[@]}"; do
  architecture=$(on "$board" uname -m </dev/null)
  if [ -z "${built_on[$architecture]:-}" ]; then
    built_on[$architecture]=$board
    echo "$board: programs for $architecture"
    on "$board" "cd $(quoted "$folder") && { [ -x build/release/bin/gridtally-preflight ] || jobs/build.sh release; }" </dev/null |
      sed "s/^/$board: /"
    continue
  fi
  from=${built_on[$architecture]}
  echo "$board: programs for $architecture, from $from"
  if [ "$(on "$board" hostname </dev/null)" != "$(on "$from" hostname </dev/null)" ]; then
    on "$from" "cd $(quoted "$folder") && tar -cz $(quoted "${programs[@]/#/build/release/bin/gridtally-}")" </dev/null |
      on "$board" "tar -xz -C $(quoted "$folder")"
  fi
done

# Each board makes keys of whatever it may host; only the public ones of what it does host are ever told.
meters=$(($(grep -c . "$community/prosumers.csv") - 1))
for board in "${boards[@]}"; do
  on "$board" "[ -d $(quoted "$keys") ] || { mkdir -p $(quoted "$(dirname "$keys")") && cd $(quoted "$folder") && \
    build/release/bin/gridtally-keygen $(quoted "$keys") --meters $meters --validators $validators; }" </dev/null |
    sed "s/^/$board: /"
done

on "${boards[0]}" "cd $(quoted "$folder") && . jobs/mpi_env.sh && build/release/bin/gridtally-preflight $(quoted "$community") \
  --output $(quoted "$archive") --validators $validators" </dev/null | grep -v '^sbatch' || true
echo "ready: jobs/pi-cluster/run.sh"
