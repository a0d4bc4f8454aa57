# Standard input: lines "BATCH INDEX". Says "BATCH INDEX gone", or "BATCH INDEX here|<s>|<x>|<c>" with what these files hold.
gw_enter || exit 0
while read -r gw_batch gw_index; do
  if [ -e "$gw_batch/w$gw_index" ]; then
    gw_read "$gw_batch/s$gw_index"
    gw_s=$gw_line
    gw_read "$gw_batch/x$gw_index"
    gw_c=''
    [ ! -e "$gw_batch/c$gw_index" ] || gw_c=cancelled
    echo "$gw_batch $gw_index here|$gw_s|$gw_line|$gw_c"
  else
    echo "$gw_batch $gw_index gone"
  fi
done
