# Standard input: tags. Says "found TAG BATCH INDEX ID" of those that are here, "doubt TAG" of those that may be. The others
# surely are not, and will not come: what was under way is taken back.
gw_enter || { [ ! -e "$gw_root" ] && exit 0; } || exit 3
rm -rf new.*
find . -maxdepth 1 -name "list.*" -mmin +60 -exec rm -f {} + # of calls that were cut off
gw_list=$(mktemp list.XXXXXX) || exit 3
cat >"$gw_list"
gw_lookup "$gw_list" >"$gw_list.here"
gw_doubtful=''
while read -r gw_batch gw_index gw_tag; do
  [ -e "$gw_batch/w$gw_index" ] && [ ! -s "$gw_batch/id" ] || continue
  case " $gw_doubtful " in *" $gw_batch "*) ;; *) gw_doubtful="$gw_doubtful $gw_batch" ;; esac
done <"$gw_list.here"
gw_silent=''
if [ -n "$gw_doubtful" ]; then
  # shellcheck disable=SC2086
  if gw_named $gw_doubtful >"$gw_list.named" 2>"$gw_list.said"; then
    while read -r gw_batch gw_id; do
      [ -d "$gw_batch" ] && echo "$gw_id" >"$gw_batch/id"
    done <"$gw_list.named"
  else
    gw_silent=1
    cat "$gw_list.said" >&2
  fi
fi
while read -r gw_batch gw_index gw_tag; do
  [ -e "$gw_batch/w$gw_index" ] || continue
  gw_read "$gw_batch/id"
  if [ -z "$gw_line" ] && [ -z "$gw_silent" ]; then
    if gw_never "$gw_batch" "$gw_index"; then
      rm -f "$gw_batch/w$gw_index"
      gw_sweep "$gw_batch"
      continue
    fi
    gw_read "$gw_batch/s$gw_index"
    gw_line=$(gw_id_of "${gw_line%% *}")
    [ -z "$gw_line" ] || echo "$gw_line" >"$gw_batch/id"
  fi
  if [ -n "$gw_line" ]; then echo "found $gw_tag $gw_batch $gw_index $gw_line"; else echo "doubt $gw_tag"; fi
done <"$gw_list.here"
rm -f "$gw_list" "$gw_list".*
