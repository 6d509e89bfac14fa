#!/usr/bin/env bash
# Makes the Pis of `hosts` ready for run.sh: jobs/pi-cluster/setup.sh [--cluster FOLDER]
# Called on the head, from a checkout of gridtally; FOLDER holds cluster.conf and hosts (default: the folder of this script).
# On each Pi: packages, programs (built once for each architecture), of the community what is public and the private part of
# the homes of its own meters, and the keys of its own meters and validators, of which only the public halves are collected.
# May be called again at any time: it does what is missing.
# Asks nothing but, at a terminal, once for the password of each Pi that does not know the head's ssh key.
set -euo pipefail
# shellcheck source=jobs/pi-cluster/common.sh
. "$(dirname "$0")/common.sh"
cluster=$here
while [ $# -gt 0 ]; do
  case $1 in
    --cluster)
      cluster=${2:?--cluster needs a folder}
      shift 2
      ;;
    *) fail "unknown option '$1'; usage: jobs/pi-cluster/setup.sh [--cluster FOLDER]" ;;
  esac
done
load "$cluster"
require_head
case $(realpath "$community")/ in
  "$(realpath -m "$home")"/*) fail "'$community' lies in '$home', where each Pi gets its own part: keep the community elsewhere" ;;
esac
wanted=(gridtally-solve gridtally-keygen gridtally-audit gridtally-inspect gridtally-pack gridtally-vote)
answers=$(mktemp -d)
log_ins=$(mktemp -d /tmp/pi.XXXXXX) # not in TMPDIR: a socket's name has 107 characters at most, of which ssh takes 58
end() {
  local log_in
  for log_in in "$log_ins"/*; do
    [ ! -S "$log_in" ] || ssh -F "$ssh_config" -o ControlPath="$log_in" -O exit any 2>/dev/null || true
  done
  rm -rf "$answers" "$log_ins"
}
trap end EXIT

# --- logging in

# A dozen commands for each Pi share one log-in, which takes a Pi a second.
one_login=(-o ControlMaster=auto -o ControlPath="$log_ins/%C" -o ControlPersist=60 -o ConnectTimeout=30)

make_ssh_key() {
  local ssh=$home/ssh
  mkdir -p "$home"
  (umask 077 && mkdir -p "$ssh" "$HOME/.ssh")
  [ -e "$ssh/id" ] || ssh-keygen -q -t ed25519 -N '' -C gridtally-cluster -f "$ssh/id"
  cat >"$ssh_config" <<CONFIG
# Written by setup.sh: how the head logs in on the other Pis, and notices within 8 s that one is gone.
Host *
  User $user
  IdentityFile $ssh/id
  IdentitiesOnly yes
  UserKnownHostsFile $ssh/known_hosts
  StrictHostKeyChecking accept-new
  BatchMode yes
  ConnectTimeout 5
  ServerAliveInterval 2
  ServerAliveCountMax 3
  LogLevel ERROR
CONFIG
  if [ -n "$(tail -c 1 "$HOME/.ssh/authorized_keys" 2>/dev/null)" ]; then  # its last line has no end
    echo >>"$HOME/.ssh/authorized_keys"
  fi
  if ! grep -qsF "$(cat "$ssh/id.pub")" "$HOME/.ssh/authorized_keys"; then  # the head logs in on itself too
    (umask 077 && cat "$ssh/id.pub" >>"$HOME/.ssh/authorized_keys")
  fi
}

# Where it does, a Pi's home must be where the head's is: paths are the same on all.
knows_us() {
  local there
  there=$(on "$1" pwd) || return 1
  [ "$there" = "$HOME" ] && return
  echo "the home of '$user' is '$there', on the head '$HOME': they must be the same" >&2
  return 1
}

log_in() {
  everywhere knows_us && return
  local i
  if [ -t 0 ]; then
    for i in "${failed[@]}"; do
      say "${hosts[i]} may ask for the password of '$user'"
      ssh-copy-id -F "$ssh_config" -o BatchMode=no -i "$home/ssh/id.pub" "${hosts[i]}" >/dev/null || true
    done
    everywhere knows_us && return
  fi
  say_failed
  fail "no log-in on $(named "${failed[@]}"): see that they run, that their names are known here, and that" \
    "~$user/.ssh/authorized_keys there has this line, then call setup.sh again: $(cat "$home/ssh/id.pub")"
}

named() {
  local i names=()
  for i in "$@"; do names+=("${hosts[i]}"); done
  echo "${names[*]}"
}

# --- packages and programs

install_packages() {
  on "$1" "mkdir -p '$folder' && cat >'$folder/install.sh' && bash '$folder/install.sh'" <"$root/jobs/install.sh"
}

architecture_of() { on "$1" dpkg --print-architecture; }

# build_on HOST ARCHITECTURE: on the head in this checkout, elsewhere in a copy of what a build needs: in a checkout, there may
# be communities.
build_on() {
  local source=$root
  if [ "$1" != "${hosts[0]}" ]; then
    source=$home/source
    tar -C "$root" -cz CMakeLists.txt CMakePresets.json apps jobs/build.sh src |
      on "$1" "mkdir -p '$source' && tar -xz -C '$source'"
  fi
  local build="jobs/build.sh release -DGRIDTALLY_TESTS=OFF -DGRIDTALLY_BENCH=OFF -- ${wanted[*]}"
  mkdir -p "$home/programs/$2"
  on "$1" "cd '$source' && $build" </dev/null &&
    on "$1" "cd '$source/build/release/bin' && tar -cz ${wanted[*]}" </dev/null | tar -xz -C "$home/programs/$2"
}

# Sets `programs_of`, by architecture.
declare -A programs_of=()
find_programs() {
  local i architecture given
  for i in "${!hosts[@]}"; do
    architecture=$(cat "$answers/$i")
    architectures[i]=$architecture
    [ -z "${programs_of[$architecture]:-}" ] || continue
    case $architecture in
      arm64) given=$programs_arm64 ;;
      amd64) given=$programs_amd64 ;;
      *) fail "${hosts[i]}: '$architecture' is not supported: the 64-bit Raspberry Pi OS is needed" ;;
    esac
    if [ -n "$given" ]; then
      programs_of[$architecture]=$(cd "$root" && cd "$given" && pwd)
      [ -x "${programs_of[$architecture]}/gridtally-solve" ] || fail "programs_$architecture: no gridtally-solve in '$given'"
    else
      say "building for $architecture on ${hosts[i]} (a quarter of an hour to hours on a Pi)"
      build_on "${hosts[i]}" "$architecture" || fail "the build on ${hosts[i]} failed"
      programs_of[$architecture]=$home/programs/$architecture
    fi
  done
}

# programs_in FOLDER: those of `wanted` that it has.
programs_in() {
  local program
  for program in "${wanted[@]}"; do
    if [ -x "$1/$program" ]; then echo "$program"; fi
  done
}

# packed ARCHITECTURE: its programs in one file, whose name it prints. Made once, not for each Pi, and only where one needs it.
packed() {
  local from=${programs_of[$1]} file=$answers/$1.tar.gz
  {
    flock 9
    [ -e "$file" ] || { programs_in "$from" | tar -C "$from" -czf "$file.new" -T - && mv "$file.new" "$file"; }
  } 9>"$file.lock" && echo "$file"
}

# Where the Pi lacks them or has another version.
copy_programs() {
  local to=$folder/bin from=${programs_of[${architectures[$2]}]} file
  if ! (cd "$from" && programs_in . | xargs sha256sum) | on "$1" "cd '$to' 2>/dev/null && sha256sum --status -c 2>/dev/null"; then
    file=$(packed "${architectures[$2]}") && on "$1" "mkdir -p '$to' && tar -xz -C '$to'" <"$file" || return 1
  fi
  on "$1" "'$to/gridtally-solve' --version" >/dev/null # it starts there
}

# All of the public files, and of the others the part of the Pi's own homes, piped: no more of it lies anywhere on its way.
# What was there goes, whatever it was; of an earlier build, only its results stay.
copy_community() {
  local there=$folder/community own file files=(community.cfg tariff.csv)
  own=$(homes_of "$2")
  if [ -e "$community/partners.csv" ]; then files+=(partners.csv); fi
  tar -C "$community" -cz "${files[@]}" |
    on "$1" "umask 077 && rm -rf '$there.new' && mkdir '$there.new' && tar -xzC '$there.new'" || return 1
  for file in prosumers profiles; do
    # shellcheck disable=SC2086
    part $file $own | on "$1" "umask 077 && cat >'$there.new/$file.csv'" || return 1
  done
  on "$1" "rm -rf '$there' && mv '$there.new' '$there' && if [ -e '$folder/source' ]; then
    find '$folder/source' -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +; fi" </dev/null
}

# --- homes whose private part the community lacks

# elsewhere NUMBER: their names, of those of this Pi.
elsewhere() {
  local first count names
  read -r first count <<<"$(homes_of "$1")"
  names=$(printf '%s\n' "${homes[@]:first:count}" | sed -n 's/^elsewhere //p')
  echo "${names//$'\n'/, }"
}

look_for_homes() { on "$1" "test -e '$folder/homes' && echo there; $(homes_are_closed)" </dev/null; }

# Sets `waiting` to the Pis whose own homes nobody has given yet.
check_homes() {
  local i names
  everywhere look_for_homes || { say_failed && fail "see to the homes on $(named "${failed[@]}")"; }
  waiting=()
  for i in "${!hosts[@]}"; do
    names=$(elsewhere "$i")
    [ -n "$names" ] || continue
    if [ "$(cat "$answers/$i")" = there ]; then
      say "${hosts[i]} has $home/homes, for the private part of $names"
    else
      say "${hosts[i]} must be given $home/homes, with prosumers.csv and profiles.csv of $names: the community lacks that" \
        "(jobs/pi-cluster/README.md)"
      waiting+=("$i")
    fi
  done
}

# --- keys

# What is missing is made by the Pi itself; what comes back is public.
make_keys() {
  local first count ranges=()
  read -r first count <<<"$(share "$meters" "$meter_ranks" "$2")"
  ranges+=("$first" "$count")
  read -r first count <<<"$(share "$validators" "$validator_ranks" "$2")"
  ranges+=("$first" "$count")
  on "$1" "cd '$folder' && bash -s -- ${ranges[*]}" <"$here/keys.sh"
}

collect_public_keys() {
  local i all=$home/public-keys changed
  for i in "${!hosts[@]}"; do sed "s/\$/ ${hosts[i]}/" "$answers/$i"; done | sort >"$all.new"
  if [ -e "$all" ] && changed=$(comm -13 "$all" "$all.new" | awk '{ print $1 " on " $3 }') && [ -n "$changed" ]; then
    say "keys that are not those of before (a run that was begun with the others cannot go on):"
    printf '%s\n' "$changed"
  fi
  mv "$all.new" "$all"
}

make_ssh_key
log_in
say "${#hosts[@]} Pis answer"
everywhere install_packages || { say_failed && fail "packages are missing on $(named "${failed[@]}")"; }
say "packages are there"
everywhere architecture_of || { say_failed && fail "$(named "${failed[@]}") did not say their architecture"; }
architectures=()
find_programs
everywhere copy_programs || { say_failed && fail "the programs do not run on $(named "${failed[@]}")"; }
say "programs are there"
everywhere copy_community || { say_failed && fail "the community could not be copied to $(named "${failed[@]}")"; }
everywhere make_keys || { say_failed && fail "keys could not be made on $(named "${failed[@]}")"; }
collect_public_keys
say "keys of $meters meters and $validators validators are where they belong; their public halves: $home/public-keys"
check_homes
if [ "${#waiting[@]}" -gt 0 ]; then
  say "ready, but for the homes of $(named "${waiting[@]}"); then: jobs/pi-cluster/run.sh"
else
  say "ready: jobs/pi-cluster/run.sh"
fi
