# Standard input: lines "BATCH INDEX". Sees to it that they never start; says those of which that can be promised.
gw_enter || exit 0
while read -r gw_batch gw_index; do
  if [ ! -e "$gw_batch/w$gw_index" ] || gw_never "$gw_batch" "$gw_index"; then
    echo "$gw_batch $gw_index"
  else
    gw_read "$gw_batch/s$gw_index"
    [ "$gw_line" != never ] || echo "$gw_batch $gw_index"
  fi
done
