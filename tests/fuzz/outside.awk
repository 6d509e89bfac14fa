# Of a trace by strace -f -y, the calls that name a file which is not `allowed` (files, and folders with all that is below them; parted by
# blanks), or a socket; failed calls too. What stands before the first input is left alone.
function may_touch(path,  i) {
  if (path ~ /(^|\/)\.\.(\/|$)/) return 0
  for (i = 1; i <= count; ++i) {
    if (path == allowed_paths[i] || index(path, allowed_paths[i] "/") == 1) return 1
  }
  return 0
}

BEGIN { count = split(allowed, allowed_paths, " ") }
/"\/gridtally-fuzz-begins"/ { begun = 1; next }
!begun { next }
/ socket\(/ { print; next }
{
  rest = $0
  folder = ""
  while (match(rest, /<[^>]*>|"([^"\\]|\\.)*"/)) {
    quoted = substr(rest, RSTART, 1) == "\""
    path = substr(rest, RSTART + 1, RLENGTH - 2)
    rest = substr(rest, RSTART + RLENGTH)
    if (!quoted && path !~ /^\//) continue # a pipe, or strace's own words
    if (!quoted) folder = path
    if (quoted && path == "") continue # the file whose descriptor stands before it
    if (quoted && path !~ /^\//) path = folder "/" path
    if (may_touch(path)) continue
    print
    next
  }
}
END { if (!begun) print "the trace does not show where the first input begins" }
