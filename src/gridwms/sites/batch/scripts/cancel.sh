# Standard input: lines "BATCH INDEX TASK". Asks that they end; those that ended are left as they are.
gw_enter || exit 0
gw_list=$(mktemp list.XXXXXX) || exit 3
gw_last='' gw_shares=''
while read -r gw_batch gw_index gw_task; do
  [ -e "$gw_batch/w$gw_index" ] && [ ! -e "$gw_batch/x$gw_index" ] || continue
  gw_asked=''
  [ ! -e "$gw_batch/c$gw_index" ] || gw_asked=1
  : >"$gw_batch/c$gw_index"
  gw_read "$gw_batch/s$gw_index"
  gw_runs=${gw_line%% *}
  if [ "$gw_batch" != "$gw_last" ]; then
    gw_last=$gw_batch gw_shares=''
    ! grep -q 'gw_share=' "$gw_batch/task" || gw_shares=1
  fi
  # one that shares its task is ended by that; until asked again, any that has begun might by now
  if [ -n "$gw_shares" ] && case $gw_runs/$gw_asked in "$gw_task/1" | /* | never/*) false ;; esac; then
    echo "$gw_runs" >&3
    [ "$gw_runs" != "$gw_task" ] || continue
  fi
  echo "$gw_task $gw_batch" >&4
done 3>"$gw_list.shared" 4>"$gw_list"
[ ! -s "$gw_list.shared" ] || gw_nudge <"$gw_list.shared"
gw_end <"$gw_list"
gw_rc=$?
rm -f "$gw_list" "$gw_list.shared"
exit "$gw_rc"
