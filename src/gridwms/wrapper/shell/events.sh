# shellcheck shell=sh disable=SC2154
# Events: lines of the worker protocol, kept in the spool until they are sent.

# Makes an event line of type $1 with fields $2 into gw_made.
gw_make() {
  gw_time
  gw_sequence=$((gw_sequence + 1))
  gw_made="type=$1&id=worker-$gw_attempt-$gw_sequence-$gw_instance&time=$gw_now$2"
}

# Writes $2 into file $1, in place of what is in it. Opened twice: some file systems (ext4) bring a file that is emptied
# and written in one go to the disk at once, and a thousand short jobs would wait for little else.
gw_write() { : >"$1" && printf '%s' "$2" >>"$1"; }

# Keeps the lines $1 as those that the service may not have; the site adaptor reads them from the file.
gw_keep() {
  gw_spool=$1
  gw_write "$gw_dir/events" "$gw_spool"
} 2>/dev/null

# Spools an event of type $1 with fields $2.
gw_event() {
  gw_make "$1" "$2"
  gw_keep "$gw_spool$gw_made$gw_newline"
}

# The fields of reason $1 with parameters name value…, into gw_fields.
gw_reason() {
  gw_fields="&code=$1"
  shift
  while [ $# -ge 2 ]; do
    gw_encode "$2"
    gw_fields="$gw_fields&p.$1=$gw_encoded"
    shift 2
  done
}

gw_notice() {
  gw_reason "$@"
  gw_say "notice: $*"
  gw_event Noticed "$gw_fields"
}
