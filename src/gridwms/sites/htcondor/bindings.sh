# The same functions by HTCondor's Python bindings (bindings.py, run by gw_python), for a host that has none of its commands.

gw_condor() { "$gw_python" -E -P "$gw_program" "$gw_schedd" "$gw_pool" "$@"; }

gw_submit() { gw_submission && gw_condor queue <submit; }

gw_is_shared() { return 1; }

gw_named() { gw_condor named "$@"; }

gw_states() { gw_condor states; }

gw_history() { gw_condor history; }

gw_cancel() { gw_condor cancel; }

gw_wishes() { gw_condor wishes "$gw_unanswered"; }

gw_answer() { gw_condor answer "$1" "$2"; }

gw_describe() { gw_condor describe; }
