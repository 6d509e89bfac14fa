# shellcheck shell=bash disable=SC2034
# What the scripts of this folder share; they source it. Not to be edited.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/jobs/pi-cluster
name=$(basename "$0")
answers= # a folder for what the Pis answer (everywhere)
one_login=() # settings for `on`, when more than one command goes over a log-in

say() { echo "$name: $*"; }

fail() {
  say "$@" >&2
  exit "${status:-2}"
}

# load FOLDER: reads its cluster.conf and hosts. Sets what stands there, and `hosts`, `homes` ("here NAME" each, or "elsewhere
# NAME" where the community lacks its private part), `home` (on every Pi), `ssh_config`.
load() {
  local file list
  for file in cluster.conf hosts; do
    [ -r "$1/$file" ] || fail "'$1/$file' cannot be read: --cluster names the folder of cluster.conf and hosts"
  done
  # shellcheck source=jobs/pi-cluster/cluster.conf
  . "$1/cluster.conf"
  mapfile -t hosts < <(sed 's/#.*//' "$1/hosts" | awk 'NF > 0 { print $1 }')
  [ "${#hosts[@]}" -gt 0 ] || fail "'$1/hosts' names no Pi"
  check_words
  case $community in
    /*) ;;
    *) community=$root/$community ;;
  esac
  [ -r "$community/prosumers.csv" ] || fail "'$community' is no community folder (community in cluster.conf)"
  list=$(part list) || fail "'$community' cannot be used"
  [ -n "$list" ] || fail "'$community/prosumers.csv' has no homes"
  mapfile -t homes <<<"$list"
  if [ "$meters" -eq 0 ]; then meters=${#homes[@]}; fi
  validator_ranks=$((validators < ${#hosts[@]} ? validators : ${#hosts[@]}))
  meter_ranks=$((meters < ${#hosts[@]} ? meters : ${#hosts[@]}))
  home=$HOME/$folder
  ssh_config=$home/ssh/config
}

# These words go through shells on other machines.
check_words() {
  local word
  for word in "${hosts[@]}" "$user" "$folder" "$archive"; do
    [[ $word =~ ^[A-Za-z0-9_][A-Za-z0-9._-]*$ ]] || fail "'$word' in cluster.conf or hosts: letters, digits, . _ - alone"
  done
  word=$(printf '%s\n' "${hosts[@]}" | sort | uniq -d | head -n 1)
  [ -z "$word" ] || fail "hosts names '$word' twice"
  for word in "$validators" "$meters"; do
    [[ $word =~ ^[0-9]+$ ]] || fail "'$word' in cluster.conf is not a whole number"
  done
  [ "$validators" -ge 1 ] || fail "validators in cluster.conf: at least 1"
}

# The head is where the ssh key is made, and the archive.
require_head() {
  local address
  for address in $(getent ahosts "${hosts[0]}" | awk '{ print $1 }' | sort -u) "${hosts[0]}"; do
    case " $(hostname -I) 127.0.1.1 $(hostname) " in *" $address "*) return ;; esac
  done
  fail "this is '$(hostname)', and the head is '${hosts[0]}', the first of hosts: call $name there"
}

# on HOST COMMAND...: as the Pi's shell reads it; its standard input is that of the caller.
on() { ssh -F "$ssh_config" "${one_login[@]}" "$@"; }

# share TOTAL PARTS PART: "FIRST COUNT", as src/cluster/layout.cpp gives meters and validators to ranks.
share() {
  local base=$(($1 / $2)) more=$(($1 % $2))
  if [ "$3" -ge "$2" ]; then
    echo 0 0
  else
    echo $(($3 * base + ($3 < more ? $3 : more))) $((base + ($3 < more)))
  fi
}

# homes_of NUMBER: "FIRST COUNT" of that Pi's homes, as src/ledger/genesis.cpp gives homes to meters.
homes_of() {
  local meter count first last
  read -r meter count <<<"$(share "$meters" "$meter_ranks" "$1")"
  if [ "$count" -eq 0 ]; then
    echo 0 0
    return
  fi
  read -r first _ <<<"$(share "${#homes[@]}" "$meters" "$meter")"
  read -r last count <<<"$(share "${#homes[@]}" "$meters" $((meter + count - 1)))"
  echo "$first $((last + count - first))"
}

# part WHAT [FIRST COUNT]: of the community, for the Pi with those homes (homes.awk).
part() {
  awk -v what="$1" -v first="${2:-0}" -v count="${3:-0}" -f "$here/homes.awk" \
    file=prosumers "$community/prosumers.csv" file=profiles "$community/profiles.csv"
}

# Fails on a Pi whose `homes` others may read.
homes_are_closed() {
  echo "[ ! -e '$folder/homes' ] || [ \$((0\$(stat -Lc %a '$folder/homes') & 077)) -eq 0 ] ||" \
    "{ echo \"$home/homes is open to others: chmod 700 it\" && false; }"
}

# everywhere COMMAND...: COMMAND HOST NUMBER for all Pis at once. What they print lies in $answers/NUMBER, errors in
# $answers/NUMBER.err. Sets `failed` to the numbers of those where it failed; true if there is none.
everywhere() {
  local i pids=()
  failed=()
  for i in "${!hosts[@]}"; do
    "$@" "${hosts[i]}" "$i" >"$answers/$i" 2>"$answers/$i.err" </dev/null &
    pids+=($!)
  done
  for i in "${!hosts[@]}"; do wait "${pids[i]}" || failed+=("$i"); done
  [ "${#failed[@]}" -eq 0 ]
}

# The last lines of those that failed, each with its Pi's name before it.
say_failed() {
  local i
  for i in "${failed[@]}"; do
    {
      tail -n 5 "$answers/$i"
      tail -n 5 "$answers/$i.err"
    } | sed "s/^/${hosts[i]}: /" >&2
  done
}
