#!/bin/sh
# The wrapper of one attempt: what runs on the worker node. Protocol: docs/worker-protocol.md.
# Assumes sh (dash, busybox, bash), coreutils and one of curl or python3. Every variable and function is named gw_*,
# is unset before it is set (so none that the site exported stays exported), and never reaches the payload.
#
# Exit status: 0 all steps went well, whatever the payload's own status; else the step that failed:
# 10 transport, 11 hook, 12 working directory, 13 input, 14 executable, 15 prologue, 16 token, 17 epilogue,
# 18 output, 19 terminated by a signal, 20 withdrawn by the service.
#
# The site may set: GLITE_LOCAL_CUSTOMIZATION_DIR, GLITE_LOCAL_MAX_OSB_SIZE, GLITE_LOCAL_COPY_RETRY_COUNT[_ISB|_OSB],
# GLITE_LOCAL_COPY_RETRY_FIRST_WAIT[_ISB|_OSB], GRIDWMS_FIRST_PAUSE (ms), GRIDWMS_PATIENCE (s), GRIDWMS_GRACE (s),
# GRIDWMS_PEEK_PAUSE (ms).
#: data
gw_tag='gw-0000000000000000000000-1'
gw_job_id='https://localhost/jobs/0000000000000000000000'
gw_attempt=1
gw_service='http://127.0.0.1:8080'
gw_capability=''
gw_vo=''
gw_ce=''
gw_hooks=''
gw_executable=''
gw_executable_kind='bare'
gw_line=''
gw_stdin=''
gw_stdout=''
gw_stderr=''
gw_prologue=''
gw_prologue_line=''
gw_epilogue=''
gw_epilogue_line=''
gw_limit=-1
gw_peek_seconds=0
gw_python=''
gw_bash=''
gw_environment() { :; }
gw_inputs() { :; }
gw_outputs() { :; }
#: end of data

unset -v IFS
set -f
umask 077
gw_newline='
'
gw_base=$gw_service/worker/v1/$gw_tag
gw_spool='' gw_sequence=0 gw_failure='' gw_code='' gw_result='' gw_done='' gw_status=0
gw_payload='' gw_reaped='' gw_child='' gw_hook_status='' gw_exit_field='' gw_peeker='' gw_signal='' gw_started='' gw_usage='' gw_dir='' gw_count=0 gw_batch=''
gw_where=start gw_file=''

# ---- words ------------------------------------------------------------------------------------------------

gw_say() { printf '%s %s\n' "$gw_tag" "$*" >&2; }

# Percent-encodes $1 into gw_encoded. Only names with unusual bytes cost a process.
gw_encode() {
  case $1 in
    *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-]*) ;;
    *)
      gw_encoded=$1
      return
      ;;
  esac
  gw_encoded=''
  for gw_byte in $(printf '%s' "$1" | od -An -v -tx1); do
    gw_encoded=$gw_encoded%$gw_byte
  done
}

# Is $1 a path that a line of the batch and a curl configuration can hold as it is?
gw_plain() {
  case $1 in
    '' | *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-]*) return 1 ;;
  esac
}

# ---- clock ------------------------------------------------------------------------------------------------

# Hundredths of a second since some moment, into gw_clock; reads /proc, so that it costs no process.
gw_tick() {
  # shellcheck disable=SC2034
  if read -r gw_up gw_rest </proc/uptime; then
    gw_clock=$((${gw_up%.*} * 100 + 1${gw_up#*.} - 100))
  else
    gw_clock=$(($(date +%s) * 100))
  fi 2>/dev/null
}

# The time of day as seconds since 1970 with two decimals, into gw_now.
gw_time() {
  gw_tick
  gw_cs=$((gw_epoch + gw_clock))
  gw_cents=$((gw_cs % 100 + 100))
  gw_now=$((gw_cs / 100)).${gw_cents#1}
}

# Waits $1 milliseconds, interruptibly.
gw_pause() {
  gw_ms=$(($1 % 1000 + 1000))
  gw_run sleep "$(($1 / 1000)).${gw_ms#1}"
}

# ---- running things ---------------------------------------------------------------------------------------

# Waits for process $1, into gw_rc; a trap may end the wrapper here.
gw_wait() {
  while :; do
    wait "$1"
    gw_rc=$?
    if [ "$gw_rc" -le 128 ] || ! kill -0 "$1" 2>/dev/null; then return; fi
  done
}

# Runs a helper so that a signal is answered at once and not when the helper ends.
gw_run() {
  "$@" &
  gw_child=$!
  gw_wait "$gw_child"
  gw_child=''
  return "$gw_rc"
}

# Starts shell line $1 as the user's program: own process group, the user's environment, nothing of the wrapper's.
# $2 $3 $4: its stdin, stdout, stderr (empty: /dev/null). The process, and its group, is gw_payload.
gw_launch() {
  (
    trap - XCPU QUIT INT TERM USR1 USR2 EXIT
    cd work || exit 126
    umask 022
    exec <"${2:-/dev/null}" >"${3:-/dev/null}"
    if [ -n "$4" ] && [ "$4" = "$3" ]; then exec 2>&1; else exec 2>"${4:-/dev/null}"; fi
    set -- "$1"
    if [ "${#1}" -gt 100000 ]; then # the kernel takes no single argument over 128 KiB
      printf '%s\n' "$1" >../line
      set -- /bin/sh ../line
    else
      set -- /bin/sh -c "$1"
    fi
    [ -z "$gw_setsid" ] || set -- "$gw_setsid" "$@"
    gw_environment
    exec "$@"
  ) &
  gw_payload=$!
  gw_reaped=''
}

# Is anything of process group $1 alive? Where orphans are buried late, their corpses keep the group in being.
gw_group_lives() {
  kill -0 "-$1" 2>/dev/null || return 1
  gw_group=$1
  [ -r /proc/self/stat ] || return 0
  set +f
  for gw_item in /proc/[0-9]*/stat; do
    read -r gw_stat <"$gw_item" || continue
    # shellcheck disable=SC2086
    set -- ${gw_stat##*") "}
    case $1/${3-} in [ZX]/*) ;; */"$gw_group") set -f && return 0 ;; esac
  done 2>/dev/null
  set -f
  return 1
}

# Ends what is left of the payload's process group: TERM, the grace, KILL.
gw_stop() {
  [ -n "$gw_payload" ] || return 0
  if kill -TERM "-$gw_payload" 2>/dev/null; then
    kill -CONT "-$gw_payload" 2>/dev/null
  elif [ -n "$gw_reaped" ] || ! kill -TERM "$gw_payload" 2>/dev/null; then
    gw_payload='' # all is gone
    return 0
  fi
  gw_left=$((gw_grace * 100))
  gw_nap=2
  while [ "$gw_left" -gt 0 ] &&
    { gw_group_lives "$gw_payload" || { [ -z "$gw_reaped" ] && kill -0 "$gw_payload" 2>/dev/null; }; }; do
    gw_nap=$((gw_nap < 50 ? gw_nap * 2 : 50))
    gw_left=$((gw_left - gw_nap))
    sleep "0.$((gw_nap / 10))$((gw_nap % 10))" 2>/dev/null || sleep 1
  done
  kill -KILL "-$gw_payload" 2>/dev/null || { [ -z "$gw_reaped" ] && kill -KILL "$gw_payload" 2>/dev/null; }
  [ -n "$gw_reaped" ] || wait "$gw_payload" 2>/dev/null
  gw_payload=''
}

# Runs prologue or epilogue: as gw_launch, and waits; its output is thrown away, as gLite does.
gw_script() {
  gw_launch "$1" '' '' ''
  gw_wait "$gw_payload"
  gw_reaped=1
  gw_stop
  return "$gw_rc"
}

# Sources hook $1.sh of the site if there is one; its status. A hook may change directory and variables.
gw_hook() {
  [ -n "$gw_hooks" ] && [ -r "$gw_hooks/$1" ] || return 0
  gw_where="hook $1"
  gw_say "$gw_where"
  # shellcheck disable=SC1090
  . "$gw_hooks/$1"
}

# ---- events -----------------------------------------------------------------------------------------------

# Makes an event line of type $1 with fields $2 into gw_made.
gw_make() {
  gw_time
  gw_sequence=$((gw_sequence + 1))
  gw_made="type=$1&id=worker-$gw_attempt-$gw_sequence-$gw_instance&time=$gw_now$2"
}

# Keeps the lines $1 as those that the service may not have; the site adaptor reads them from the file.
gw_keep() {
  gw_spool=$1
  printf '%s' "$gw_spool" >"$gw_dir/events"
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

# ---- transfers --------------------------------------------------------------------------------------------
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
    curl)
      gw_curl_config
      curl -q -K - >codes 2>said <<CONFIG &
$gw_config
CONFIG
      ;;
    bash)
      BASH_ENV='' bash -c "$gw_bash" >codes 2>said <<BATCH &
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
  if [ "$gw_rc/$gw_transport" = 90/bash ]; then
    gw_transport=$gw_second
    gw_rc=0
    gw_settle
    [ -z "$gw_batch" ] || gw_perform
  fi
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
    gw_tick
    if [ "$gw_batch" != "$gw_before" ]; then # it moves: begin the patience again
      gw_wait_ms=$gw_first_pause
      gw_deadline=$((gw_clock + gw_patience * 100))
    fi
    gw_say "transfer: $gw_result, again in $gw_wait_ms ms"
    [ "$gw_clock" -lt "$gw_deadline" ] || return 2
    gw_pause "$gw_wait_ms"
    gw_wait_ms=$((gw_wait_ms * 2))
    [ "$gw_wait_ms" -le 60000 ] || gw_wait_ms=60000
  done
}

# What the last failure was, for people, into gw_text.
gw_explain() {
  case $gw_result in
    000)
      gw_text=''
      read -r gw_text <said
      gw_text=${gw_text:-no answer}
      ;;
    401 | 403) gw_text="the service refuses this attempt's capability (HTTP $gw_result)" ;;
    409) gw_text='the attempt is closed (HTTP 409)' ;;
    413) gw_text='larger than the service takes (HTTP 413)' ;;
    507) gw_text="the service's disk is full (HTTP 507)" ;;
    *) gw_text="HTTP $gw_result" ;;
  esac
} 2>/dev/null

# ---- the end ----------------------------------------------------------------------------------------------

# Ends with exit status $1 because of reason $2 with parameters. Output is sent all the same when $gw_signal is set.
gw_fail() {
  gw_status=$1
  shift
  gw_say "failed: $*"
  gw_reason "$@"
  [ -n "$gw_failure" ] || gw_failure=$gw_fields
  gw_finish
}

# The word `Finished`, sent with the outputs still in the batch, then the end.
gw_finish() {
  gw_done=1
  trap '' XCPU QUIT INT TERM USR1
  gw_peek_end
  gw_stop
  gw_sent=$gw_spool
  gw_make Finished "$gw_usage$gw_failure"
  gw_keep "$gw_sent$gw_made$gw_newline"
  if [ -n "$gw_transport" ] && cd "$gw_dir"; then
    gw_add POST 1 events "$gw_base/events"
    while :; do
      gw_transfer "$gw_output_patience"
      case $? in 0) gw_keep '' && break ;; esac
      gw_item=${gw_batch%%"$gw_newline"*}
      case $gw_item in
        PUT*) ;;
        *) break ;; # the events themselves: they stay in the spool
      esac
      gw_explain
      gw_last=${gw_item##*/}
      gw_say "upload of $gw_last: $gw_text"
      if [ -z "$gw_failure" ]; then
        gw_status=18
        gw_reason output_failed file "$gw_last" text "$gw_text"
        gw_failure=$gw_fields
        gw_sequence=$((gw_sequence - 1))
        gw_make Finished "$gw_usage$gw_failure"
        gw_keep "$gw_sent$gw_made$gw_newline"
      fi
      case $gw_result in
        4??) gw_batch=${gw_batch#*"$gw_newline"} ;; # this one will never go; the others may
        *) gw_batch=POST${gw_batch##*POST} ;;       # nothing goes: only the last word is tried
      esac
    done
  fi
  gw_leave
}

# cp_3, then away with the directory; the spool stays when it was not sent.
gw_leave() {
  trap - EXIT
  gw_hook cp_3.sh || gw_say "cp_3.sh: status $?"
  cd "$gw_home" 2>/dev/null || cd /
  set --
  if [ -n "$gw_spool" ]; then
    set +f
    for gw_item in "$gw_dir"/*; do
      case $gw_item in */events) ;; *) set -- "$@" "$gw_item" ;; esac
    done
    set -f
  else
    set -- "$gw_dir"
  fi
  rm -rf -- "$@" 2>/dev/null || { chmod -R u+rwX -- "$@" && rm -rf -- "$@"; } 2>/dev/null
  exit "$gw_status"
}

# A signal from the site: the payload ends, what there is of its output is sent.
gw_signalled() {
  gw_signal=$1
  trap '' XCPU QUIT INT TERM USR1
  [ -z "$gw_child" ] || kill "$gw_child" 2>/dev/null
  gw_batch=''
  if [ -e "$gw_dir/withdrawn" ]; then gw_fail 20 withdrawn; fi
  gw_say "got SIG$1"
  gw_peek_end
  gw_stop
  if [ -n "$gw_started" ]; then
    [ -n "$gw_usage" ] || gw_measure
    gw_collect
  fi
  gw_fail 19 terminated signal "$1"
}

# A hook that calls exit ends up here.
gw_exit() {
  gw_rc=$?
  [ -n "$gw_done" ] || gw_fail 11 hook_failed hook "$gw_where" status "$gw_rc"
}

# ---- peeking ----------------------------------------------------------------------------------------------

# One cycle, in gw_dir with files of its own: asks which files are watched, sends what they grew by.
gw_peek_cycle() {
  gw_batch=''
  gw_add GET 1 peek "$gw_base/peek"
  gw_transfer 0
  case $?/$gw_result in
    0/*) ;;
    1/409) return 1 ;;
    *) return 0 ;;
  esac
  [ -s peek ] || return 0
  while read -r gw_offset gw_name; do
    case $gw_name in '' | /* | ../* | */../* | */..) continue ;; esac
    [ -f "work/$gw_name" ] || continue
    gw_size=$(wc -c <"work/$gw_name")
    [ "$gw_size" -gt "$gw_offset" ] || continue
    tail -c "+$((gw_offset + 1))" "work/$gw_name" | head -c 16777216 >grown
    gw_encode "$gw_name"
    gw_batch=''
    gw_add PUT 1 grown "$gw_base/peek/$gw_encoded?offset=$gw_offset"
    gw_transfer 0
  done <peek
  return 0
}

# Runs beside the payload until it is killed. It ignores TERM, which the site may send to all of us at once: a bash whose
# child dies in the same moment as it gets a signal itself forgets the signal. 409: the service has closed the attempt.
gw_peek_begin() {
  [ "$gw_peek_seconds" -gt 0 ] || return 0
  gw_peek_place watch || return 0
  (
    trap '' XCPU QUIT INT TERM
    trap - EXIT
    cd watch || exit 0
    while gw_pause "${gw_peek_ms:-${gw_peek_seconds}000}"; do
      gw_peek_cycle && continue
      : >"$gw_dir/withdrawn"
      while kill -TERM $$; do gw_pause 200; done
    done
  ) &
  gw_peeker=$!
}

# A directory $1 for the files of peeking.
gw_peek_place() { mkdir "$1" && ln -s ../work ../transport.py "$1"; }

# Stops the peeking; a last cycle, in a place of its own, sends what came since.
gw_peek_end() {
  [ -n "$gw_peeker" ] || return 0
  kill -KILL "$gw_peeker" 2>/dev/null
  wait "$gw_peeker" 2>/dev/null
  gw_peeker=''
  gw_kept=$gw_batch
  (cd "$gw_dir" && gw_peek_place last && cd last && gw_patience_all=0 && gw_peek_cycle)
  gw_batch=$gw_kept
}

# ---- sandboxes --------------------------------------------------------------------------------------------

# Input number $1, named $2, from $3 (empty: the service). Pass 1 adds it to the batch, pass 2 gives it its name.
gw_input() {
  gw_target=work/$2
  gw_plain "$2" || gw_target=in.$1
  case $gw_pass/$3 in
    1/) gw_add GET 1 "$gw_target" "$gw_base/input/$1" ;;
    1/file://*) ;;
    1/*) gw_add GET 0 "$gw_target" "$3" ;;
    2/file://*)
      gw_run cp -- "${3#file://}" "work/./$2" 2>said && return
      read -r gw_text <said
      gw_fail 13 input_failed file "$2" text "$gw_text"
      ;;
    2/*) [ "$gw_target" = "work/$2" ] || mv -- "$gw_target" "work/./$2" ;;
  esac
}

# Fetches the input sandbox in one go.
gw_fetch() {
  gw_batch=''
  gw_pass=1
  gw_inputs
  if [ -n "$gw_batch" ] && ! gw_transfer "$gw_input_patience"; then
    gw_item=${gw_batch%%"$gw_newline"*}
    gw_explain
    gw_batch=''
    # shellcheck disable=SC2086
    set -- $gw_item
    gw_fail 13 input_failed file "${3#work/}" text "$gw_text"
  fi
  gw_pass=2
  gw_inputs
}

# One entry of the output sandbox: the file of that name, else those that it matches as a pattern.
gw_output() {
  gw_found=''
  if [ -f "$1" ] && [ -r "$1" ]; then
    gw_take "$1"
  else
    IFS=''
    set +f
    for gw_match in $1; do
      if [ -f "$gw_match" ] && [ -r "$gw_match" ]; then gw_take "$gw_match"; fi
    done
    set -f
    unset -v IFS
  fi
  [ -n "$gw_found" ] || gw_notice output_missing file "$1"
}

# Notes the file $1 for sending. A leaf name that was taken is not sent twice ('/' cannot be in a leaf).
gw_take() {
  gw_found=1
  gw_leaf=${1##*/}
  case $gw_seen in *"/$gw_leaf/"*) return ;; esac
  gw_seen=$gw_seen$gw_leaf/
  gw_count=$((gw_count + 1))
  eval "gw_file_$gw_count=\$1 gw_leaf_$gw_count=\$gw_leaf gw_size_$gw_count=0"
}

# The sizes of all files found, by one process; needed only when there is a limit.
gw_measure_files() {
  set --
  gw_index=0
  while [ "$gw_index" -lt "$gw_count" ]; do
    gw_index=$((gw_index + 1))
    eval "set -- \"\$@\" \"\$gw_file_$gw_index\""
  done
  stat -L -c %s -- "$@" >../sizes
  gw_index=0
  while read -r gw_size; do
    gw_index=$((gw_index + 1))
    eval "gw_size_$gw_index=\$gw_size"
  done <../sizes
}

# Puts the output sandbox into the batch: wildcards are expanded here, the size limit holds for the running sum in the
# listed order, and the first file beyond it gives its last bytes as NAME.tail: what room there is, shared among the
# files that are left.
gw_collect() {
  gw_batch='' gw_count=0 gw_seen=/ gw_sum=0
  cd "$gw_dir/work" || return 0
  gw_outputs
  [ "$gw_limit" -lt 0 ] || [ "$gw_count" -eq 0 ] || gw_measure_files
  gw_index=0
  while [ "$gw_index" -lt "$gw_count" ]; do
    gw_index=$((gw_index + 1))
    # shellcheck disable=SC2154
    eval "gw_file=\$gw_file_$gw_index gw_leaf=\$gw_leaf_$gw_index gw_size=\$gw_size_$gw_index"
    case $gw_file in
      /*) gw_path=$gw_file ;;
      *) gw_path=$gw_dir/work/$gw_file ;;
    esac
    if [ "$gw_limit" -ge 0 ] && [ $((gw_sum + gw_size)) -gt "$gw_limit" ]; then
      gw_share=$(((gw_limit - gw_sum) / (gw_count - gw_index + 1)))
      gw_sum=$((gw_sum + gw_share))
      if ! gw_run tail -c "$gw_share" -- "$gw_path" >"../tail.$gw_index" 2>/dev/null; then
        gw_notice output_dropped file "$gw_file"
        continue
      fi
      gw_notice output_truncated file "$gw_file" sent "$gw_share" size "$gw_size"
      gw_leaf=$gw_leaf.tail
      gw_source=tail.$gw_index
    else
      gw_sum=$((gw_sum + gw_size))
      gw_source=work/$gw_file
      if [ "$gw_path" = "$gw_file" ] || ! gw_plain "$gw_file"; then
        gw_source=up.$gw_index
        ln -s -- "$gw_path" "../$gw_source"
      fi
    fi
    gw_encode "$gw_leaf"
    gw_add PUT 1 "$gw_source" "$gw_base/output/$gw_encoded"
  done
  cd "$gw_dir" || return 0
}

# ---- the steps --------------------------------------------------------------------------------------------

# Hundredths of a second of `0m1.250000s`, into gw_centi.
gw_parse() {
  gw_rest=${1#*m}
  gw_rest=${gw_rest%s}
  gw_part=${gw_rest#*[.,]}00
  gw_part=1${gw_part%"${gw_part#??}"}
  gw_centi=$(((${1%%m*} * 60 + ${gw_rest%[.,]*}) * 100 + gw_part - 100))
}

# Processor time of our children so far: gw_user and gw_system, in hundredths.
gw_times() {
  times >"$gw_dir/times"
  {
    read -r gw_user gw_system
    read -r gw_user gw_system
  } <"$gw_dir/times"
  gw_parse "$gw_user"
  gw_user=$gw_centi
  gw_parse "$gw_system"
  gw_system=$gw_centi
}

# Writes $1 hundredths as seconds into gw_seconds.
gw_decimal() {
  gw_cents=$(($1 % 100 + 100))
  gw_seconds=$(($1 / 100)).${gw_cents#1}
}

# What the payload used, into gw_usage; its exit status comes first.
gw_measure() {
  gw_tick
  gw_decimal $((gw_clock - gw_started))
  gw_usage="$gw_exit_field&real=$gw_seconds"
  gw_times
  gw_decimal $((gw_user - gw_user_before))
  gw_usage="$gw_usage&user=$gw_seconds"
  gw_decimal $((gw_system - gw_system_before))
  gw_usage="$gw_usage&system=$gw_seconds"
}

# Seconds that the site's gLite settings mean ($1: ISB or OSB; $2 otherwise): count retries with doubling waits.
gw_site_patience() {
  eval "gw_retries=\${GLITE_LOCAL_COPY_RETRY_COUNT_$1:-\${GLITE_LOCAL_COPY_RETRY_COUNT-}}"
  eval "gw_wait_s=\${GLITE_LOCAL_COPY_RETRY_FIRST_WAIT_$1:-\${GLITE_LOCAL_COPY_RETRY_FIRST_WAIT-}}"
  gw_site=$2
  case $gw_retries in '' | *[!0-9]* | ????*) return ;; esac
  case $gw_wait_s in '' | *[!0-9]* | ???????*) gw_wait_s=60 ;; esac
  [ "$gw_retries" -le 20 ] || gw_retries=20
  gw_site=$((gw_wait_s * ((1 << gw_retries) - 1)))
}

# Clock, names and tools.
gw_prepare() {
  gw_home=$PWD
  gw_hooks=${gw_hooks:-${GLITE_LOCAL_CUSTOMIZATION_DIR-}}
  gw_grace=${GRIDWMS_GRACE:-5}
  gw_first_pause=${GRIDWMS_FIRST_PAUSE:-1000}
  gw_patience_all=${GRIDWMS_PATIENCE-}
  gw_peek_ms=${GRIDWMS_PEEK_PAUSE-}
  unset -v GRIDWMS_GRACE GRIDWMS_FIRST_PAUSE GRIDWMS_PATIENCE GRIDWMS_PEEK_PAUSE
  read -r gw_instance </proc/sys/kernel/random/uuid || gw_instance=$$-$(date +%s)
  read -r gw_node </proc/sys/kernel/hostname || gw_node=$(uname -n)
  gw_tick
  gw_epoch=$(date '+%s %N')
  gw_part=${gw_epoch#* }
  case $gw_part in '' | *[!0-9]*) gw_part=0 ;; esac
  gw_part=1${gw_part%"${gw_part#??}"}
  [ ${#gw_part} -eq 3 ] || gw_part=100
  gw_epoch=$((${gw_epoch%% *} * 100 + gw_part - 100 - gw_clock))
  gw_transport=''
  if command -v curl >/dev/null; then
    gw_transport=curl
  elif command -v python3 >/dev/null; then
    gw_transport=python3
  fi
  gw_second=$gw_transport
  # for a service on this machine, where a thousand short jobs are limited by what our calls cost
  case $gw_transport/$gw_service in
    ?*/http://127.0.0.1:* | ?*/http://localhost:*) ! command -v bash >/dev/null || gw_transport=bash ;;
  esac
  gw_setsid=/usr/bin/setsid
  [ -x "$gw_setsid" ] || gw_setsid=$(command -v setsid)
} 2>/dev/null

# Our own directory and in it the payload's. Another place, when this one cannot be written, only to report from.
gw_settle_in() {
  for gw_place in "$gw_home" "${TMPDIR:-/tmp}" /var/tmp /dev/shm; do
    [ -d "$gw_place" ] || continue # also when we stand in a directory that was removed, and its name is empty
    gw_dir=$gw_place/$gw_tag
    mkdir "$gw_dir" "$gw_dir/work" 2>/dev/null && break
    gw_dir=$gw_place/$gw_tag.$gw_instance
    mkdir "$gw_dir" "$gw_dir/work" 2>/dev/null && break
    gw_dir=''
  done
  [ -n "$gw_dir" ] && cd "$gw_dir" && return
  gw_say "Cannot create directory in $gw_home"
  trap - EXIT
  exit 12
}

# The executable, in the way its kind asks for.
gw_check_executable() {
  case $gw_executable_kind in
    bare)
      if ! [ -f "work/$gw_executable" ] || ! [ -r "work/$gw_executable" ]; then
        gw_fail 14 executable_missing file "$gw_executable"
      fi
      [ -x "work/$gw_executable" ] || chmod +x -- "work/./$gw_executable"
      ;;
    absolute)
      [ -r "$gw_executable" ] || [ -x "$gw_executable" ] || gw_fail 14 executable_missing file "$gw_executable"
      ;;
  esac
}

# Runs script $1 (its line: $2), failing with status $3 and reasons $4_missing or $4_failed.
gw_step() {
  [ -n "$1" ] || return 0
  gw_say "$4"
  case $1 in
    /*) ;;
    *)
      [ -r "work/$1" ] && chmod +x -- "work/./$1"
      set -- "work/$1" "$2" "$3" "$4"
      ;;
  esac
  [ -r "$1" ] || gw_fail "$3" "$4_missing" file "${1#work/}"
  gw_script "$2" || gw_fail "$3" "$4_failed" status "$gw_rc"
}

# The border between shallow and deep: only the instance that gets the token may start the payload.
gw_token() {
  gw_batch=''
  gw_add POST 1 events "$gw_base/token?instance=$gw_instance"
  gw_tick
  gw_asked=$gw_clock
  gw_transfer "$gw_token_patience"
  case $?/$gw_result in
    0/*)
      gw_keep ''
      read -r gw_answer gw_rest <reply
      case $gw_answer in
        go) ;;
        stop) gw_fail 20 withdrawn ;;
        *) gw_fail 16 token_refused text "the service answered '$gw_answer $gw_rest'" ;;
      esac
      ;;
    1/409) # the service knows more than we do: a word from us would speak for the other instance
      gw_say "token: $(cat reply)"
      gw_batch='' gw_done=1 gw_status=16
      gw_keep ''
      gw_leave
      ;;
    1/*)
      gw_explain
      gw_batch=''
      gw_fail 16 token_refused text "$gw_text"
      ;;
    *)
      gw_tick
      gw_batch='' gw_output_patience=0
      gw_fail 16 token_unreachable seconds $(((gw_clock - gw_asked) / 100))
      ;;
  esac
}

gw_main() {
  for gw_item in XCPU QUIT INT TERM; do
    # shellcheck disable=SC2064
    trap "gw_signalled $gw_item" "$gw_item"
  done
  trap : USR1 USR2 # warnings of some batch systems, and not our end
  trap gw_exit EXIT
  gw_prepare
  export GLITE_WMS_JOBID="$gw_job_id" GRIDWMS_JOB_ID="$gw_job_id" GRIDWMS_ATTEMPT="$gw_attempt" GRIDWMS_CE="$gw_ce"
  gw_hook cp_1.sh || gw_hook_status=$?
  gw_home=$PWD
  gw_settle_in
  gw_event Running "&node=$gw_node"
  [ -z "$gw_hook_status" ] || gw_fail 11 hook_failed hook cp_1.sh status "$gw_hook_status"
  [ -n "$gw_transport" ] || gw_fail 10 no_transport
  [ "$gw_second" != python3 ] || printf '%s\n' "$gw_python" >transport.py
  gw_limits
  cd work || gw_fail 12 work_dir text "$gw_dir/work"
  [ -z "$gw_vo" ] || gw_hook "$gw_vo/jobwrapper-hook.sh" ||
    gw_fail 11 hook_failed hook "$gw_vo/jobwrapper-hook.sh" status "$?"
  cd "$gw_dir" || gw_fail 12 work_dir text "$gw_dir"
  gw_where='wrapper'
  [ "$gw_dir" = "$gw_home/${gw_dir##*/}" ] || gw_fail 12 work_dir text "$gw_home"
  gw_fetch
  gw_check_executable
  gw_check_streams
  gw_step "$gw_prologue" "$gw_prologue_line" 15 prologue
  gw_token
  gw_payload_runs
  gw_step "$gw_epilogue" "$gw_epilogue_line" 17 epilogue
  gw_collect
  gw_finish
}

# Runs the payload to its end. Its exit status is told and judged by nobody here.
gw_payload_runs() {
  gw_times
  gw_user_before=$gw_user gw_system_before=$gw_system
  gw_started=$gw_clock
  gw_launch "$gw_line" "$gw_stdin" "$gw_stdout" "$gw_stderr"
  gw_peek_begin
  gw_notice_hook cp_1_5.sh
  gw_wait "$gw_payload"
  gw_reaped=1
  gw_exit_field="&exit_code=$gw_rc"
  gw_measure
  gw_say "job exit status = $gw_rc"
  gw_notice_hook cp_2.sh
  gw_peek_end
  gw_stop
}

# A hook that fails once the payload has started is worth a notice, not another run of the payload.
gw_notice_hook() {
  cd work || return 0
  gw_hook "$1" || gw_notice hook_failed hook "$1" status "$?"
  cd "$gw_dir" || return 0
}

# What the site allows, over what the service said.
gw_limits() {
  gw_site_patience ISB 180
  gw_input_patience=$gw_site
  gw_site_patience OSB 18900
  gw_output_patience=$gw_site
  gw_token_patience=600
  case ${GLITE_LOCAL_MAX_OSB_SIZE-} in
    '' | *[!0-9]* | ????????????????*) ;;
    *)
      if [ "$gw_limit" -lt 0 ] || [ "$GLITE_LOCAL_MAX_OSB_SIZE" -lt "$gw_limit" ]; then
        gw_limit=$GLITE_LOCAL_MAX_OSB_SIZE
      fi
      ;;
  esac
}

# Standard input must be readable and the two others writable before the token is taken; nothing later can refuse them.
gw_check_streams() {
  gw_inside "$gw_stdin"
  if [ -n "$gw_stdin" ] && ! [ -r "$gw_inner" ]; then
    gw_fail 13 input_failed file "${gw_stdin#./}" text 'standard input is not there or cannot be read'
  fi
  for gw_item in "$gw_stdout" "$gw_stderr"; do
    [ -n "$gw_item" ] || continue
    gw_inside "$gw_item"
    case $gw_item in ./*/*) (umask 022 && mkdir -p -- "${gw_inner%/*}") ;; esac
    { printf '' >>"$gw_inner"; } 2>/dev/null ||
      gw_fail 12 work_dir text 'standard output or error cannot be written'
  done
}

# Path $1, which counts from the working directory, from where we stand: gw_inner.
gw_inside() {
  case $1 in
    /*) gw_inner=$1 ;;
    *) gw_inner=work/$1 ;;
  esac
}

gw_main
