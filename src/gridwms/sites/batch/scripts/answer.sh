# Standard input: lines "BATCH INDEX ANSWER". Leaves the answers where those look that wait for their token.
gw_enter || exit 0
gw_list=$(mktemp list.XXXXXX) || exit 3
cat >"$gw_list"
while read -r gw_batch gw_index gw_answer; do
  [ -d "$gw_batch" ] || continue
  echo "$gw_answer" >"$gw_batch/t$gw_index.new" && mv "$gw_batch/t$gw_index.new" "$gw_batch/t$gw_index.answer"
done <"$gw_list"
! command -v gw_tell >/dev/null || gw_tell <"$gw_list" || exit
rm -f "$gw_list"
