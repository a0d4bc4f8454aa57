# shellcheck shell=sh disable=SC2154
# The steps in their order.

# Is program $1, for the shell the word $2, there? One of the sandbox is made executable; one of the node is looked for
# with the user's environment, which may be in its path.
gw_is_there() {
  case $2 in
    \'./*)
      [ -f "work/$1" ] && [ -r "work/$1" ] || return 1
      [ -x "work/$1" ] || chmod +x -- "work/./$1"
      [ -x "work/$1" ] || gw_fail 12 work_dir text "no program can be run in $gw_dir (mounted noexec?)"
      ;;
    \'*) [ -f "$1" ] && { [ -r "$1" ] || [ -x "$1" ]; } ;;
    *) (
      gw_environment
      eval "set -- $2" # variables between double quotes, the rest between single ones: see render
      [ -f "$1" ] && { [ -r "$1" ] || [ -x "$1" ]; }
    ) ;;
  esac
}

# Runs script $1 (its word: $2, its line: $3), failing with status $4 and reasons $5_missing or $5_failed.
gw_step() {
  [ -n "$1" ] || return 0
  gw_say "$5"
  gw_is_there "$1" "$2" || gw_fail "$4" "$5_missing" file "$1"
  gw_script "$3" || gw_fail "$4" "$5_failed" status "$gw_rc"
}

# The border between shallow and deep: only the instance that gets the token may start the payload.
gw_token() {
  [ -z "$gw_link" ] || ! gw_ask_site || return 0
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
    1/409) gw_step_back "$(cat reply)" ;;
    1/*)
      gw_explain
      gw_batch=''
      gw_fail 16 token_refused text "$gw_text"
      ;;
    *)
      gw_tick
      [ -z "$gw_stage" ] || gw_leave_events=1
      gw_batch='' gw_output_patience=0
      gw_fail 16 token_unreachable seconds $(((gw_clock - gw_asked) / 100))
      ;;
  esac
}

# All up to the token.
gw_begin() {
  for gw_item in HUP XCPU QUIT INT TERM; do
    # shellcheck disable=SC2064
    trap "gw_signalled $gw_item" "$gw_item"
  done
  trap : USR1 USR2 # warnings of some batch systems, and not our end
  trap gw_exit EXIT
  gw_prepare
  gw_usual
  export GLITE_WMS_JOBID="$gw_job_id" GRIDWMS_JOB_ID="$gw_job_id" GRIDWMS_ATTEMPT="$gw_attempt" GRIDWMS_CE="$gw_ce"
  gw_hook cp_1.sh || gw_hook_status=$?
  gw_home=$PWD
  gw_settle_in
  printf '%16384s' . 2>/dev/null >reserve # room for the last words of a payload that fills the disk
  [ -n "$gw_near" ] || gw_find_transport
  gw_event Running "&node=$gw_node"
  [ -z "$gw_hook_status" ] || gw_fail 11 hook_failed hook cp_1.sh status "$gw_hook_status"
  [ -n "$gw_transport$gw_near" ] || gw_fail 10 no_transport
  gw_limits
  cd work || gw_fail 12 work_dir text "$gw_dir/work"
  [ -z "$gw_vo" ] || gw_hook "$gw_vo/jobwrapper-hook.sh" ||
    gw_fail 11 hook_failed hook "$gw_vo/jobwrapper-hook.sh" status "$?"
  cd "$gw_dir" || gw_fail 12 work_dir text "$gw_dir"
  gw_where='wrapper'
  [ "$gw_dir" = "$gw_home/${gw_dir##*/}" ] || gw_fail 12 work_dir text "$gw_home"
  gw_also "$gw_before_inputs"
  gw_fetch
  gw_also "$gw_after_inputs"
  gw_is_there "$gw_executable" "$gw_executable_word" || gw_fail 14 executable_missing file "$gw_executable"
  gw_check_streams
  gw_step "$gw_prologue" "$gw_prologue_word" "$gw_prologue_line" 15 prologue
  gw_also "$gw_before_token"
}

# All from the token on.
gw_proceed() {
  gw_payload_runs
  gw_step "$gw_epilogue" "$gw_epilogue_word" "$gw_epilogue_line" 17 epilogue
  gw_collect
  gw_finish
}

# Runs the payload to its end. Its exit status is told and judged by nobody here.
gw_payload_runs() {
  gw_times
  gw_user_before=$gw_user gw_system_before=$gw_system
  gw_started=$gw_clock
  gw_also "$gw_before_payload"
  gw_find_group
  gw_launch "$gw_line" "$gw_stdin" "$gw_stdout" "$gw_stderr"
  gw_peek_begin
  gw_also "$gw_beside_payload"
  gw_notice_hook cp_1_5.sh
  gw_wait "$gw_payload"
  gw_reaped=1
  gw_exit_field="&exit_code=$gw_rc"
  # Who ends a job signals its processes one by one: our turn may come after the payload's, which has not ended by itself.
  case $gw_rc in 143 | 152) gw_run sleep 1 ;; esac
  gw_restore
  gw_measure
  gw_say "job exit status = ${gw_exit_field#*=}"
  gw_notice_hook cp_2.sh
  gw_peek_end
  gw_stop
  gw_after
  gw_starved "${gw_exit_field#*=}" || return 0
  gw_collect
  gw_fail 23 out_of_memory killed "$gw_killed"
}

# The directories again, which the payload may have removed, moved or locked: what is left of its output is looked for.
gw_restore() {
  [ -w "$gw_dir" ] && [ -w "$gw_dir/work" ] && [ -x "$gw_dir/work" ] && return
  chmod u+rwx "$gw_dir" "$gw_dir/work"
  mkdir -p "$gw_dir/work"
  cd "$gw_dir" && [ -z "$gw_near" ] && gw_find_transport
} 2>/dev/null

# Once, when there will be no payload any more.
gw_after() {
  gw_items=$gw_after_payload gw_after_payload=''
  gw_also "$gw_items"
}

# Runs the functions $1: what the parts of some kinds of jobs have to do at this place.
gw_also() { for gw_item in $1; do "$gw_item"; done; }

# A hook that fails once the payload has started is worth a notice, not another run of the payload.
gw_notice_hook() {
  cd work || return 0
  gw_hook "$1" || gw_notice hook_failed hook "$1" status "$?"
  cd "$gw_dir" || return 0
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
