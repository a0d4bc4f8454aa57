#!/bin/sh
# The wrapper of one attempt: what runs on the worker node. Protocol: docs/worker-protocol.md.
# This is its frame; gridwms.wrapper.render writes the data of the attempt and the parts of shell/ into it.
# Assumes sh (dash, busybox, bash), coreutils and one of curl or python3. Every variable and function is named gw_*,
# is unset before it is set (so none that the site exported stays exported), and never reaches the payload.
#
# Exit status: 0 all steps went well, whatever the payload's own status; else the step that failed:
# 10 transport, 11 hook, 12 working directory, 13 input, 14 executable, 15 prologue, 16 token, 17 epilogue,
# 18 output, 19 terminated by a signal, 20 withdrawn by the service, 21 the user's credentials have run out,
# 22 the shell broke, 23 the payload ran out of memory.
#
# The site may set: GLITE_LOCAL_CUSTOMIZATION_DIR, GLITE_LOCAL_MAX_OSB_SIZE, GLITE_LOCAL_COPY_RETRY_COUNT[_ISB|_OSB],
# GLITE_LOCAL_COPY_RETRY_FIRST_WAIT[_ISB|_OSB], GRIDWMS_FIRST_PAUSE, GRIDWMS_LAST_PAUSE (ms), GRIDWMS_PATIENCE (s),
# GRIDWMS_GRACE (s), GRIDWMS_PEEK_PAUSE and GRIDWMS_CREDENTIAL_PAUSE (ms), GRIDWMS_BOOT_TIME (hundredths of a second since 1970; saves asking),
# GRIDWMS_WIPE (this script is emptied once it runs; it cannot be started again), GRIDWMS_LEAVE_EVENTS (the site reads the
# spool as soon as we end, so the last words are left there and not sent), GRIDWMS_LEAVE_OUTPUTS (it takes the output
# sandbox from our directory, by the list `outputs`), GRIDWMS_SITE_DIR (it made our directory and removes it),
# GRIDWMS_LINK (it hears on descriptor 9 who asks for the token, and has brought the inputs), GRIDWMS_STAGE (the node has
# no network: what it needs lies in files that begin so, and what it wants to say it says there), GRIDWMS_EXIT (the file that
# is to tell our exit status).
#: data
gw_tag='gw-0000000000000000000000-1'
gw_job_id='https://localhost/jobs/0000000000000000000000'
gw_attempt=1
gw_service='http://127.0.0.1:8080'
gw_capability=''
gw_authority=''
gw_vo=''
gw_ce=''
gw_hooks=''
gw_executable=''
gw_executable_word=''
gw_line=''
gw_stdin=''
gw_stdout=''
gw_stderr=''
gw_prologue=''
gw_prologue_word=''
gw_prologue_line=''
gw_epilogue=''
gw_epilogue_word=''
gw_epilogue_line=''
gw_limit=-1
gw_peek_seconds=0
gw_far=''
gw_simple=''
gw_python=''
gw_bash=''
gw_cpus=1
gw_mpi=''
gw_names=''
gw_terminal=''
gw_image=''
gw_environment() { :; }
gw_inputs() { :; }
gw_outputs() { :; }
#: end of data

unset -v IFS CDPATH
set -f
# A shell that counts in 32 bits (mksh) cannot hold our times and sizes: one that can reads this from the beginning.
[ $((65536 * 65536)) -gt 0 ] || {
  for gw_item in dash bash ksh93; do
    ! command -v "$gw_item" >/dev/null || exec "$gw_item" "$0"
  done
  exec busybox sh "$0"
}
umask 077
gw_newline='
'
gw_base=$gw_service/worker/v1/$gw_tag
gw_where=start gw_dir='' gw_status=0 gw_done='' gw_failure='' gw_signal='' gw_hook_status=''
gw_spool='' gw_sequence=0 gw_batch='' gw_code='' gw_result='' gw_count=0 gw_brought=0 gw_file=''
gw_before_inputs='' gw_beside_payload='' gw_at_end=''
gw_after_inputs='' gw_before_token='' gw_before_payload='' gw_after_payload='' gw_before_outputs='' gw_taker=gw_take
gw_payload='' gw_reaped='' gw_child='' gw_peeker='' gw_started='' gw_usage='' gw_exit_field=''

gw_near='' gw_link='' gw_wipes='' gw_note='' gw_stage='' gw_site_dir='' gw_transport=''

#: parts

# A shell reads on only when this comes back: most jobs at a site that is near end here.
gw_is_near && gw_begin && gw_ask_site && gw_proceed

#: far parts

if [ -n "$gw_near" ]; then gw_go_far; else gw_begin; fi
gw_token
gw_proceed
