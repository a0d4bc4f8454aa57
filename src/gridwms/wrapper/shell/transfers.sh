# shellcheck shell=sh disable=SC2154
# Transfers: batches of requests, performed by curl, bash or python3, again and again while the service is away.

# A batch is lines `<kind> <auth> <file> <url>`, kinds GET, PUT, POST (answer in the file `reply`), performed in order
# over one connection by one process. It stops at the first that fails. Paths and URLs in it are plain words.

gw_add() { gw_batch="$gw_batch$1 $2 $3 $4$gw_newline"; }

# The configuration for curl; on its standard input, because it holds the capability.
gw_curl_config() {
  gw_config="fail-early$gw_newline"
  gw_next=''
  IFS=$gw_newline
  for gw_item in $gw_batch; do
    unset -v IFS
    # shellcheck disable=SC2086
    set -- $gw_item
    gw_config="$gw_config${gw_next}url = \"$4\"
globoff
silent
show-error
connect-timeout = 30
header = \"Expect:\"
write-out = \"%{http_code}\\n\"
"
    [ "$2" = 0 ] && gw_config="${gw_config}location$gw_newline"
    [ "$2" = 1 ] && gw_config="${gw_config}header = \"Authorization: Bearer $gw_capability\"$gw_newline"
    [ -z "$gw_authority" ] || [ "$2" = 0 ] || gw_config="${gw_config}cacert = \"authority.pem\"$gw_newline"
    case $1 in
      GET) gw_config="${gw_config}fail${gw_newline}max-time = 3600${gw_newline}output = \"$3\"$gw_newline" ;;
      PUT) gw_config="${gw_config}fail
max-time = 3600
upload-file = \"$3\"
output = \"/dev/null\"
" ;;
      POST) gw_config="${gw_config}max-time = 60
header = \"Content-Type: text/plain\"
data-binary = \"@$3\"
output = \"reply\"
" ;;
    esac
    gw_next="next$gw_newline"
  done
  unset -v IFS
}

# Performs the batch once, in gw_dir; the codes, one a line, are left in the file `codes`.
gw_perform() {
  case $gw_transport in
    none)
      : >codes
      echo 'this worker node has no network' >said
      gw_rc=1
      return
      ;;
    curl)
      gw_curl_config
      curl -q -K - >codes 2>said <<CONFIG &
$gw_config
CONFIG
      ;;
    bash)
      BASH_ENV='' bash --norc --noprofile -c "$gw_bash" >codes 2>said <<BATCH &
$gw_capability
$gw_batch
BATCH
      ;;
    python3)
      python3 -I -S -B transport.py >codes 2>said <<BATCH &
$gw_capability
$gw_batch
BATCH
      ;;
  esac
  gw_child=$!
  gw_wait "$gw_child"
  gw_child=''
  case $gw_rc/$gw_transport in
    90/bash) gw_transport=$gw_second ;;
    126/curl | 127/curl) # it is there and does not start: its libraries
      command -v python3 >/dev/null 2>&1 || return
      gw_use_python
      ;;
    *) return ;;
  esac
  gw_rc=0
  gw_settle
  [ -z "$gw_batch" ] || gw_perform
}

# Strikes the lines that went well from the batch. 0: all; else gw_result is the code of the first that did not.
# The last code of a transport that failed (gw_rc) may look good: a transfer cut in the middle.
gw_settle() {
  gw_result=''
  while read -r gw_code; do
    [ -z "$gw_result" ] || gw_batch=${gw_batch#*"$gw_newline"}
    gw_result=$gw_code
  done <codes
  case $gw_rc/$gw_result in
    0/2??) gw_batch=${gw_batch#*"$gw_newline"} ;;
    */2?? | */) gw_result=000 ;;
  esac
  [ -z "$gw_batch" ]
}

# Has the file that is to be sent next vanished meanwhile? No patience brings it back.
gw_is_gone() {
  # shellcheck disable=SC2086
  set -- ${gw_batch%%"$gw_newline"*}
  [ "$1" = PUT ] && ! [ -r "$3" ] && gw_result=gone
}

# Performs the batch with growing pauses for $1 seconds. 0: all done; 1: the first line of what is left of the batch got
# a final answer (gw_result); 2: out of reach.
gw_transfer() {
  gw_patience=${gw_patience_all:-$1}
  [ -z "$gw_signal" ] || [ "$gw_patience" -lt 30 ] || gw_patience=30 # the site is about to kill us
  gw_wait_ms=$gw_first_pause
  gw_tick
  gw_deadline=$((gw_clock + gw_patience * 100))
  while [ -n "$gw_batch" ]; do
    gw_before=$gw_batch
    : >reply
    gw_perform
    gw_settle && return 0
    case $gw_result in
      408 | 429) ;;
      4??) return 1 ;;
    esac
    ! gw_is_gone || return 1
    gw_tick
    if [ "$gw_batch" != "$gw_before" ]; then # it moves: begin the patience again
      gw_wait_ms=$gw_first_pause
      gw_deadline=$((gw_clock + gw_patience * 100))
    fi
    gw_say "transfer: $gw_result, again in $gw_wait_ms ms"
    [ "$gw_clock" -lt "$gw_deadline" ] || return 2
    gw_pause "$gw_wait_ms"
    gw_wait_ms=$((gw_wait_ms * 2))
    [ "$gw_wait_ms" -le "$gw_last_pause" ] || gw_wait_ms=$gw_last_pause
  done
}

# What the last failure was, for people, into gw_text.
gw_explain() {
  case $gw_result in
    000)
      gw_hear said
      gw_text=${gw_text:-no answer}
      ;;
    401 | 403) gw_text="the service refuses this attempt's capability (HTTP $gw_result)" ;;
    409) gw_text='the attempt is closed (HTTP 409)' ;;
    413) gw_text='larger than the service takes (HTTP 413)' ;;
    gone) gw_text='it is not there any more' ;;
    507) gw_text="the service's disk is full (HTTP 507)" ;;
    *) gw_text="HTTP $gw_result" ;;
  esac
} 2>/dev/null
