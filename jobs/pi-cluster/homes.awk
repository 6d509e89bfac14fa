# What a Pi gets of a community's prosumers.csv and profiles.csv: the rows of its own homes as they are, of others what is
# public, name and opening balance. common.sh calls it:
#   awk -v what=WHAT -v first=FIRST -v count=COUNT -f homes.awk file=prosumers PROSUMERS.CSV file=profiles PROFILES.CSV
# WHAT: prosumers or profiles, that file with homes FIRST, FIRST + 1, ..., COUNT of them, counted from 0; or list, a line for
# each home: "here NAME", or "elsewhere NAME" where it has no private part. Reads as src/model/csv_reader.cpp does: blanks
# around a field do not count, nor do empty lines, and there are no quotes. Refuses, with status 1, what would leave in
# doubt whose data a row is.

function trimmed(text) {
  gsub(/^[ \t\r]+|[ \t\r]+$/, "", text)
  return text
}

function refuse(why) {
  print FILENAME ":" FNR ": " why >"/dev/stderr"
  exit 1
}

function check_header(wanted, or_this,    line) {
  line = $0
  gsub(/[ \t\r]/, "", line)
  if (line != wanted && line != or_this) refuse("the header is '" $0 "'; give '" wanted "'")
}

function is_known(    i) {
  for (i = 2; i <= 10; ++i) if (trimmed($i) != "") return 1
  return 0
}

function public_part(    i, row) {
  row = name
  for (i = 2; i <= 10; ++i) row = row ","
  return columns > 10 ? row "," trimmed($11) : row
}

BEGIN {
  FS = ","
  numbers = "prosumer,battery_min_kwh,battery_max_kwh,battery_initial_kwh,charge_max_kwh,discharge_max_kwh," \
    "battery_efficiency,grid_max_kwh,discomfort_weight,wear_cost"
  profile = "prosumer,day,slot,renewable_kwh,inflexible_kwh,flexible_reference_kwh,flexible_min_kwh,flexible_max_kwh"
}

/^[ \t\r]*$/ { next }

file == "prosumers" && !columns {
  check_header(numbers, numbers ",opening_balance_cents")
  columns = NF
  if (what == "prosumers") print
  next
}

file == "prosumers" {
  name = trimmed($1)
  if (NF != columns) refuse("the row has " NF " fields; give " columns)
  if (name == "" || name in own) refuse("the name '" name "' is empty or another home's; give each home a name of its own")
  own[name] = homes >= first && homes < first + count
  ++homes
  if (what == "list") print (is_known() ? "here" : "elsewhere") " " name
  if (what == "prosumers") print own[name] ? $0 : public_part()
  next
}

what != "profiles" { exit 0 }

!begun {
  check_header(profile, profile)
  begun = 1
  print
  next
}

{
  name = trimmed($1)
  if (name in own && own[name]) print
}
