# The same functions by HTCondor's Python bindings (bindings.py, run by gw_python), for a host that has none of its commands.

# Status 3: it has said what is wrong. Else the library ended the process, and nobody knows what was done before.
gw_condor() {
  "$gw_python" -E -P "$gw_program" "$gw_schedd" "$gw_pool" "$@"
  gw_rc=$?
  case $gw_rc in
    0 | 3) ;;
    *) gw_say "disconnected: HTCondor's bindings gave up (status $gw_rc); is the configuration right that CONDOR_CONFIG names?" ;;
  esac
  return "$gw_rc"
}

gw_submit() { gw_submission && gw_condor queue <submit; }

gw_is_shared() { return 1; }

gw_named() { gw_condor named "$@"; }

gw_states() { gw_condor states; }

gw_history() { gw_condor history; }

gw_cancel() { gw_condor cancel; }

gw_wishes() { gw_condor wishes "$gw_unanswered"; }

gw_answer() { gw_condor answer "$1" "$2"; }

gw_describe() { gw_condor describe; }
