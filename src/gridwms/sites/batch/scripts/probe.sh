# Standard input: lines "BATCH INDEX". Says "BATCH INDEX gone", or "BATCH INDEX here|<s>|<x>|<c>" with what these files hold;
# and "BATCH/x<index> SECONDS" of those that ended: when that was, since 1970.
gw_enter || exit 0
gw_list=$(mktemp list.XXXXXX) || exit 3
while read -r gw_batch gw_index; do
  if [ -e "$gw_batch/w$gw_index" ]; then
    gw_read "$gw_batch/s$gw_index"
    gw_s=$gw_line
    gw_read "$gw_batch/x$gw_index"
    [ -z "$gw_line" ] || echo "$gw_batch/x$gw_index" >&3
    gw_c=''
    [ ! -e "$gw_batch/c$gw_index" ] || gw_c=cancelled
    echo "$gw_batch $gw_index here|$gw_s|$gw_line|$gw_c"
  else
    echo "$gw_batch $gw_index gone"
  fi
done 3>"$gw_list"
[ ! -s "$gw_list" ] || xargs stat -c '%n %Y' <"$gw_list" 2>/dev/null
rm -f "$gw_list"
