# shellcheck shell=sh disable=SC2154
# The end, good or bad: the last word, cleaning, the exit status.

# Ends with exit status $1 because of reason $2 with parameters. Output is sent all the same when $gw_signal is set.
gw_fail() {
  gw_status=$1
  shift
  gw_say "failed: $*"
  gw_reason "$@"
  [ -n "$gw_failure" ] || gw_failure=$gw_fields
  gw_finish
}

# The word `Finished`, sent with the outputs still in the batch (or left to the site, which reads it at once), then the end.
gw_finish() {
  gw_done=1
  trap '' HUP XCPU QUIT INT TERM USR1
  gw_peek_end
  gw_stop
  gw_after
  # nothing of the user's is at stake before the payload: a node that reaches nobody does not keep its slot for hours
  [ -n "$gw_started" ] || [ "${gw_output_patience:-0}" -lt 60 ] || gw_output_patience=60
  gw_sent=$gw_spool
  [ "$gw_brought" = 0 ] || gw_usage="$gw_usage&left=$gw_brought"
  gw_make Finished "$gw_usage$gw_failure"
  printf '' 2>/dev/null >"$gw_dir/reserve"
  gw_keep "$gw_sent$gw_made$gw_newline"
  if [ -n "$gw_transport$gw_near" ] && cd "$gw_dir"; then
    [ -n "$gw_leave_events" ] || gw_add POST 1 events "$gw_base/events"
    while [ -n "$gw_batch" ]; do
      if gw_transfer "$gw_output_patience"; then
        [ -n "$gw_leave_events" ] || gw_keep ''
        break
      fi
      gw_item=${gw_batch%%"$gw_newline"*}
      case $gw_item in
        PUT*) ;;
        *) break ;; # the events themselves: they stay in the spool
      esac
      gw_explain
      gw_last=${gw_item##*/}
      gw_say "upload of $gw_last: $gw_text"
      case $gw_result in
        4??) ;;
        gone) # as one that was never written
          gw_batch=${gw_batch#*"$gw_newline"}
          gw_sequence=$((gw_sequence - 1))
          gw_make Noticed "&code=output_missing&p.file=$gw_last"
          gw_sent=$gw_sent$gw_made$gw_newline
          gw_make Finished "$gw_usage$gw_failure"
          gw_keep "$gw_sent$gw_made$gw_newline"
          continue
          ;;
        *) ! gw_leave_rest || break ;;
      esac
      if [ -z "$gw_failure" ]; then
        gw_status=18
        gw_reason output_failed text "$gw_text"
        gw_failure="$gw_fields&p.file=$gw_last" # encoded already
        gw_sequence=$((gw_sequence - 1))
        gw_make Finished "$gw_usage$gw_failure"
        gw_keep "$gw_sent$gw_made$gw_newline"
      fi
      case $gw_result in
        4??) gw_batch=${gw_batch#*"$gw_newline"} ;; # this one will never go; the others may
        *) # nothing goes; a site that looks into our directory takes what is left, and else only the last word is tried
          gw_output_patience=0
          gw_batch=''
          [ -n "$gw_leave_events" ] || gw_add POST 1 events "$gw_base/events"
          ;;
      esac
    done
  fi
  gw_leave
}

# What could not be sent stays for the site to take, which reads the list `outputs`. 1: it does not.
gw_leave_rest() {
  [ -n "$gw_site_dir" ] && [ "$gw_dir" = "$gw_site_dir" ] && [ -z "$gw_failure" ] || return 1
  gw_left=''
  IFS=$gw_newline
  for gw_item in $gw_batch; do
    unset -v IFS
    # shellcheck disable=SC2086
    set -- $gw_item
    gw_mark=-
    [ ! -s "$3" ] || gw_mark=+
    [ "$1" != PUT ] || gw_left=$gw_left${4##*/}\ $3\ $gw_mark$gw_newline
  done
  unset -v IFS
  printf '%s' "$gw_left" >outputs || return 1
  gw_leave_outputs=1
}

# cp_3, then away with the directory; the spool stays when it was not sent.
gw_leave() {
  trap - EXIT
  gw_also "$gw_at_end"
  gw_hook cp_3.sh || gw_say "cp_3.sh: status $?"
  cd "$gw_home" 2>/dev/null || cd /
  if [ -n "$gw_site_dir" ] && [ "$gw_dir" = "$gw_site_dir" ]; then # it removes that; what may be large goes at once
    [ -z "$gw_leave_outputs" ] || gw_out "$gw_status"
    set --
    set +f
    for gw_item in "$gw_dir/work"/* "$gw_dir/work"/.[!.]*; do
      [ ! -e "$gw_item" ] || set -- "$gw_dir/work"
    done
    set -f
    [ $# -gt 0 ] || gw_out "$gw_status"
  elif [ -n "$gw_spool" ]; then
    set --
    set +f
    for gw_item in "$gw_dir"/*; do
      case $gw_item in */events) ;; *) set -- "$@" "$gw_item" ;; esac
    done
    set -f
  else
    set -- "$gw_dir"
  fi
  rm -rf -- "$@" 2>/dev/null || { chmod -R u+rwX -- "$@" && rm -rf -- "$@"; } 2>/dev/null
  gw_out "$gw_status"
}

# The end of this shell, with status $1, noted where the site wants it.
gw_out() {
  [ -z "$gw_note" ] || echo "$1" >"$gw_note"
  exit "$1"
}

# A signal from the site: the payload ends, what there is of its output is sent.
gw_signalled() {
  gw_signal=$1
  trap '' HUP XCPU QUIT INT TERM USR1
  [ -z "$gw_child" ] || kill "$gw_child" 2>/dev/null
  gw_batch=''
  if [ -e "$gw_dir/withdrawn" ]; then gw_fail 20 withdrawn; fi
  gw_say "got SIG$1"
  gw_peek_end
  gw_stop
  if [ -n "$gw_started" ]; then
    gw_restore
    [ -n "$gw_usage" ] || gw_measure
    gw_collect
  fi
  if [ -e "$gw_dir/expired" ]; then gw_fail 21 credential_expired; fi
  gw_fail 19 terminated signal "$1"
}

# A hook that calls exit ends up here, and a shell that can start no process.
gw_exit() {
  gw_rc=$?
  [ -z "$gw_done" ] || return
  gw_dir=${gw_dir:-$gw_site_dir}
  [ -n "$gw_dir" ] || {
    gw_say "failed: the shell broke, status $gw_rc"
    trap - EXIT
    gw_out 22
  }
  case $gw_where in
    hook*) gw_fail 11 hook_failed hook "${gw_where#hook }" status "$gw_rc" ;;
    *) gw_fail 22 shell_failed status "$gw_rc" ;;
  esac
}
