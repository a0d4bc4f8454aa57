# shellcheck shell=sh disable=SC2154
# A site that speaks for us: it brings the inputs, takes the outputs out of the directory, and hears the wish for the token;
# on the machine of the service on descriptor 9, elsewhere (nodes without a network) by files that both can read. Where
# that is all a job needs, what speaks HTTP is not even read.

# Whether this job needs nothing else.
gw_is_near() {
  [ -n "${GRIDWMS_LINK-}${GRIDWMS_STAGE-}" ] && [ -n "${GRIDWMS_LEAVE_EVENTS-}" ] && [ -n "${GRIDWMS_LEAVE_OUTPUTS-}" ] &&
    [ -z "$gw_far$gw_hooks${GLITE_LOCAL_CUSTOMIZATION_DIR-}" ] && gw_near=1
}

# Asks the site for the token. 0: the payload may start; 1: there was no answer, the service is to be asked itself.
gw_ask_site() {
  gw_answer=''
  if [ -n "$gw_stage" ]; then gw_ask_stage; else gw_ask_line; fi
  gw_link=''
  case $gw_answer in
    go) gw_keep '' ;;
    stop) gw_step_back "$gw_rest" ;;
    *) return 1 ;;
  esac
  gw_wipe
}

gw_ask_line() {
  trap '' PIPE # the site may be gone
  { printf 'token %s %s\n%s\n' "$gw_tag" "$gw_instance" "$gw_spool" >&9 && read -r gw_answer gw_rest <&9; } 2>/dev/null
  trap - PIPE
  exec 9>&-
}

# Leaves the wish and waits until the site has come by with the answer; that may take as long as it asks its batch system.
gw_ask_stage() {
  printf 'token %s %s\n%s' "$gw_tag" "$gw_instance" "$gw_spool" >"$gw_stage.new" && mv "$gw_stage.new" "$gw_stage.wish"
  gw_tick
  gw_asked=$gw_clock
  gw_wait_ms=200
  while [ -z "$gw_answer" ] && [ $((gw_clock - gw_asked)) -lt 360000 ]; do
    gw_pause "$gw_wait_ms"
    gw_wait_ms=$((gw_wait_ms < 3000 ? gw_wait_ms * 2 : 3000))
    [ ! -e "$gw_stage.answer" ] || read -r gw_answer gw_rest <"$gw_stage.answer"
    gw_tick
  done
} 2>/dev/null

# The service knows more than we do: a word from us would speak for the other instance.
gw_step_back() {
  gw_say "token: $1"
  gw_batch='' gw_done=1 gw_status=16
  gw_keep ''
  gw_leave
}

# Where one start is all there is, the payload shall not find our secret in this file.
gw_wipe() { [ -z "$gw_wipes" ] || : >"$0"; }

# There is something to be sent all the same: the rest of this file has been read now.
gw_go_far() {
  gw_near=''
  gw_wipe
  gw_find_transport
  [ -n "$gw_transport" ] || gw_fail 10 no_transport
}

# Overridden by the parts that do these things.
gw_peek_begin() { :; }
gw_peek_end() { :; }
