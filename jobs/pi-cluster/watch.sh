#!/usr/bin/env bash
# Temperature and throttling of the boards: jobs/pi-cluster/watch.sh [SECONDS]   every so many seconds; without: once
# A Raspberry Pi slows down at 80 °C, and when its supply is weak: then a run takes longer, and ends with the same result.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=jobs/pi-cluster/common.sh
. jobs/pi-cluster/common.sh

# What a board is asked. GRIDTALLY_SYS: another root than /sys, for tests.
# shellcheck disable=SC2016  # it is expanded there
question='
sys=${GRIDTALLY_SYS:-/sys}
hottest=
for zone in "$sys"/class/thermal/thermal_zone*/temp; do
  [ -r "$zone" ] && t=$(cat "$zone" 2>/dev/null) && [ "${t:-0}" -gt "${hottest:-0}" ] && hottest=$t
done
flags=
if command -v vcgencmd >/dev/null 2>&1; then
  flags=$(vcgencmd get_throttled 2>/dev/null | sed "s/.*=0x//")
else
  for file in "$sys"/devices/platform/soc/soc:firmware/get_throttled; do [ -r "$file" ] && flags=$(cat "$file"); done
fi
mhz=$(cat "$sys"/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq 2>/dev/null)
echo "${hottest:--} ${flags:--} ${mhz:--} $(cut -d" " -f1 /proc/loadavg)"
'

# Bits of the firmware's word.
throttling() {
  local word=$((16#$1)) said=
  [ $((word & 1)) -eq 0 ] || said+=", supply too weak"
  [ $((word & 2)) -eq 0 ] || said+=", slowed by its limit"
  [ $((word & 4)) -eq 0 ] || said+=", throttled"
  [ $((word & 8)) -eq 0 ] || said+=", hot"
  if [ -z "$said" ] && [ "$word" -ne 0 ]; then said=", was throttled or weakly supplied since it started"; fi
  echo "${said:-, not throttled}"
}

look() {
  local board answer hottest flags khz load text
  for board in "${boards[@]}"; do
    if ! answer=$(on "$board" "GRIDTALLY_SYS=${GRIDTALLY_SYS:-} sh -c '$question'" </dev/null 2>/dev/null); then
      echo "$board: no answer"
      continue
    fi
    read -r hottest flags khz load <<<"$answer"
    text="temperature not shown by this kernel"
    [ "$hottest" = - ] || text="$((hottest / 1000)) °C"
    if [ "$flags" = - ]; then text+=", throttling not shown by this kernel"; else text+=$(throttling "$flags"); fi
    [ "$khz" = - ] || text+=", $((khz / 1000)) MHz"
    echo "$board: $text, load $load"
  done
}

look
while [ -n "${1:-}" ]; do
  sleep "$1"
  date +%T
  look
done
