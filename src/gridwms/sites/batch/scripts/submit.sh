# Standard input: a tar of whole batches, named $@. Says for each: "sent BATCH ID", "refused BATCH TEXT" (surely not there),
# "later BATCH TEXT" (surely not there; the site takes no more for now) or "doubt BATCH TEXT".
# When tags are here already nothing is sent, and they are told: "known TAG BATCH INDEX ID" (ID "-": in doubt).
mkdir -p "$gw_root" && gw_enter || exit 3
gw_new=$(mktemp -d new.XXXXXX) || exit 3
tar -xof - -C "$gw_new" || {
  rm -rf "$gw_new"
  exit 3
}
cat "$gw_new"/*/tags | awk '{ print $2 }' >"$gw_new/wanted"
gw_lookup "$gw_new/wanted" >"$gw_new/known"
gw_known=''
while read -r gw_batch gw_index gw_tag; do
  [ -e "$gw_batch/w$gw_index" ] || continue
  gw_read "$gw_batch/id"
  echo "known $gw_tag $gw_batch $gw_index ${gw_line:--}"
  gw_known=1
done <"$gw_new/known"
if [ -z "$gw_known" ]; then
  for gw_batch; do
    mv "$gw_new/$gw_batch" . || break # somebody asked about us meanwhile, and was told that we are not here
    gw_said=$(cd "$gw_batch" && gw_submit 2>said)
    gw_rc=$?
    gw_text=$(tr '\n\r' '  ' <"$gw_batch/said")
    if [ "$gw_rc" = 0 ] && [ -n "$gw_said" ]; then
      echo "$gw_said" >"$gw_batch/id.new" && mv "$gw_batch/id.new" "$gw_batch/id"
      echo "sent $gw_batch $gw_said"
    elif gw_is_doubt <"$gw_batch/said"; then
      echo "doubt $gw_batch $gw_text"
      break
    else
      if gw_is_full <"$gw_batch/said"; then gw_word=later; else gw_word=refused; fi
      rm -rf "${gw_batch:?}"
      echo "$gw_word $gw_batch ${gw_text:-status $gw_rc}"
      [ "$gw_word" = refused ] || break
    fi
  done
fi
rm -rf "$gw_new"
