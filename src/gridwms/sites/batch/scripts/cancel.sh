# Standard input: lines "BATCH INDEX TASK". Asks that they end; those that ended are left as they are.
gw_enter || exit 0
while read -r gw_batch gw_index gw_task; do
  [ -e "$gw_batch/w$gw_index" ] && [ ! -e "$gw_batch/x$gw_index" ] || continue
  : >"$gw_batch/c$gw_index"
  echo "$gw_task"
done | gw_cancel
