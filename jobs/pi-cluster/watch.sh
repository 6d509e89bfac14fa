#!/usr/bin/env bash
# Temperature and throttling of the Pis, and who does not answer: jobs/pi-cluster/watch.sh [--cluster FOLDER] [--once]
#   --once         one line a Pi, then the end; status 1 when a Pi is hot, throttled or silent
#   --interval S   seconds between two looks (10)
#   --log FILE     rows "time,pi,temperature [C],throttled" go there, and only what is wrong to the terminal; run.sh does so
#   --lost FOLDER  holds a file for each Pi that does not answer at present
# PI_THERMAL (/sys/class/thermal) and PI_THROTTLED (the firmware's get_throttled) name where the kernel of a Pi shows them.
set -euo pipefail
# shellcheck source=jobs/pi-cluster/common.sh
. "$(dirname "$0")/common.sh"
cluster=$here
once=
interval=10
log=
lost=
while [ $# -gt 0 ]; do
  case $1 in
    --once) once=yes && shift && continue ;;
    --cluster | --interval | --log | --lost) ;;
    *) fail "unknown option '$1'; usage: jobs/pi-cluster/watch.sh [--cluster FOLDER] [--once] [--interval S] [--log FILE]" ;;
  esac
  [ $# -ge 2 ] || fail "$1 needs a value"
  declare "${1#--}=$2"
  shift 2
done
load "$cluster"
[ -e "$ssh_config" ] || fail "this cluster is not ready: call jobs/pi-cluster/setup.sh first"
hot=80 # [C] from here on a Pi slows down

# Runs on the Pi: one line a look, "<thousandths of a degree> <throttled, hexadecimal>"; - for what its kernel does not show.
probe=$(
  cat <<'PROBE'
while :; do
  heat=$(cat "$thermal"/thermal_zone*/temp 2>/dev/null | sort -n | tail -n 1)
  if [ -r "$throttled" ]; then
    bits=$(cat "$throttled")
  else
    bits=$(vcgencmd get_throttled 2>/dev/null | sed 's/.*=0x//')
  fi
  echo "${heat:--} ${bits:--}"
  [ -z "$once" ] || exit 0
  sleep "$interval"
done
PROBE
)
remote="thermal='${PI_THERMAL:-/sys/class/thermal}' throttled='${PI_THROTTLED:-/sys/devices/platform/soc/soc:firmware/get_throttled}'"
remote="$remote once='$once' interval='$interval' sh -s"

# words_of BITS: what the firmware's bits say, present first.
words_of() {
  local bits=$((16#$1)) words=() bit
  local -A says=([0]="under-voltage now" [1]="frequency capped now" [2]="throttled now" [3]="at the soft limit now"
    [16]="under-voltage earlier" [17]="frequency capped earlier" [18]="throttled earlier" [19]="at the soft limit earlier")
  for bit in 0 1 2 3 16 17 18 19; do
    if ((bits >> bit & 1)); then words+=("${says[$bit]}"); fi
  done
  if [ "${#words[@]}" -eq 0 ]; then
    echo "not throttled"
  else
    printf -v bits '%s, ' "${words[@]}"
    echo "${bits%, }"
  fi
}

# report HOST HEAT BITS: a row, or a line; false when something is wrong.
report() {
  local heat="temperature not shown by this kernel" bits="throttling not shown by this kernel" wrong='' degrees=''
  if [ "$2" != - ]; then
    degrees=$(awk -v heat="$2" 'BEGIN { printf "%.1f", heat / 1000 }')
    heat="$degrees C"
    if [ "$2" -ge $((hot * 1000)) ]; then wrong=yes && heat="$heat, hot: it slows down from $hot C on"; fi
  fi
  if [ "$3" != - ]; then
    bits=$(words_of "${3#0x}")
    if ((16#${3#0x} & 15)); then wrong=yes; fi
  fi
  if [ -n "$log" ]; then
    echo "$(date +%FT%T),$1,$degrees,${3#-}" >>"$log"
    # Once for each change.
    if [ -n "$wrong" ] && [ "$bits" != "$said" ]; then say "$1: $heat; $bits" >&2; fi
    said=${wrong:+$bits}
  else
    echo "$(date +%T) $1: $heat; $bits"
  fi
  [ -z "$wrong" ]
}

# is_there HOST: its kernel takes a connection, which the busiest Pi's does at once, and one without power or link never.
is_there() {
  local name port
  read -r name port < <(ssh -F "$ssh_config" -G "$1" | awk '$1 == "hostname" { name = $2 } $1 == "port" { port = $2 } END { print name, port }')
  # shellcheck disable=SC2016
  timeout 3 bash -c 'exec 3<>"/dev/tcp/$1/$2"' _ "$name" "$port" 2>/dev/null
}

# answers HOST: it is not lost, or no longer.
answers() {
  if [ -n "$silent" ]; then say "$1 answers again" >&2; fi
  silent=
  [ -z "$lost" ] || rm -f "$lost/$1"
}

# follow HOST: a line from each look, until the Pi is silent; then it is asked again.
follow() {
  local heat bits said='' silent='' shut=0 fine
  while :; do
    fine=yes
    while read -r heat bits; do
      # What a firmware says in words, as of an error, is not shown.
      [[ $heat =~ ^[0-9]+$ ]] || heat=-
      [[ $bits =~ ^(0x)?[0-9a-fA-F]+$ ]] || bits=-
      answers "$1"
      shut=0
      report "$1" "$heat" "$bits" || fine=
      [ -z "$once" ] || break
    done < <(on "$1" "$remote" <<<"$probe" 2>/dev/null)
    if [ -n "$once" ] && [ -n "${heat:-}" ]; then
      [ -n "$fine" ]
      return
    fi
    if [ -z "$once" ] && is_there "$1"; then # too busy to log anyone in, or its sshd refuses
      answers "$1"
      if ((++shut == 5)); then say "$1 is there, but lets nobody in: it is not watched" >&2; fi
    else
      if [ -z "$silent" ]; then say "$1 does not answer" >&2; fi
      [ -z "$once" ] || return 1
      if [ -n "$lost" ] && [ -z "$silent" ]; then touch "$lost/$1" 2>/dev/null || true; fi
      silent=yes
    fi
    sleep 2
  done
}

followers=()
# With its followers and their ssh, where this script leads a process group, as it does under run.sh and at a terminal.
trap 'trap - TERM INT HUP; kill -- "-$$" 2>/dev/null || kill "${followers[@]}"; exit 0' TERM INT HUP
for host in "${hosts[@]}"; do
  follow "$host" &
  followers+=($!)
done
status=0
for follower in "${followers[@]}"; do wait "$follower" || status=1; done
exit "$status"
