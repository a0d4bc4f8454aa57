# shellcheck shell=sh disable=SC2154
# A site on the machine of the service: it brings the inputs, takes the outputs out of the directory, and hears the wish
# for the token on descriptor 9. Where that is all a job needs, what speaks HTTP is not even read.

# Whether this job needs nothing else.
gw_is_near() {
  [ -n "${GRIDWMS_LINK-}" ] && [ -n "${GRIDWMS_LEAVE_EVENTS-}" ] && [ -n "${GRIDWMS_LEAVE_OUTPUTS-}" ] &&
    [ -z "$gw_far$gw_hooks${GLITE_LOCAL_CUSTOMIZATION_DIR-}" ] && gw_near=1
}

# Asks the site for the token. 0: the payload may start; 1: there was no answer, the service is to be asked itself.
gw_ask_site() {
  trap '' PIPE # the site may be gone
  gw_answer=''
  { printf 'token %s %s\n%s\n' "$gw_tag" "$gw_instance" "$gw_spool" >&9 && read -r gw_answer gw_rest <&9; } 2>/dev/null
  trap - PIPE
  exec 9>&-
  gw_link=''
  case $gw_answer in
    go) gw_keep '' ;;
    stop) gw_step_back "$gw_rest" ;;
    *) return 1 ;;
  esac
  gw_wipe
}

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
gw_memory() { :; }
