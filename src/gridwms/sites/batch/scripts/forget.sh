# Standard input: lines "BATCH INDEX TASK TAG", those of a batch together. Removes what is kept of them; what runs is ended.
gw_enter || exit 0
gw_list=$(mktemp list.XXXXXX) || exit 3
gw_last=''
while read -r gw_batch gw_index gw_task gw_tag; do
  [ -z "$gw_last" ] || [ "$gw_last" = "$gw_batch" ] || gw_sweep "$gw_last"
  gw_last=$gw_batch
  [ -e "$gw_batch/w$gw_index" ] || continue
  [ -e "$gw_batch/x$gw_index" ] || echo "$gw_task"
  rm -f "$gw_batch/w$gw_index" "$gw_batch/r$gw_index" "$gw_batch/e$gw_index" "$gw_batch/l$gw_index" "$gw_batch/c$gw_index"
  for gw_file in "$gw_batch/$gw_tag" "$gw_batch/$gw_tag".*; do
    [ ! -e "$gw_file" ] || rm -rf "$gw_file"
  done
done >"$gw_list"
[ -z "$gw_last" ] || gw_sweep "$gw_last"
gw_cancel <"$gw_list"
rm -f "$gw_list"
