# Standard input: lines "BATCH INDEX TAG". Says "+log BATCH INDEX" or "+events BATCH INDEX", then the lines, each after a blank.
gw_enter || exit 0
gw_list=$(mktemp list.XXXXXX) || exit 3
while read -r gw_batch gw_index gw_tag; do
  [ -e "$gw_batch/w$gw_index" ] || continue
  echo "+here $gw_batch $gw_index"
  [ ! -s "$gw_batch/l$gw_index" ] || echo "log $gw_batch $gw_index $gw_batch/l$gw_index"
  if [ -s "$gw_batch/o$gw_index" ] && mkdir -p "$gw_batch/d$gw_index"; then
    tar -xof "$gw_batch/o$gw_index" -C "$gw_batch/d$gw_index" && rm -f "$gw_batch/o$gw_index"
  fi
  [ ! -s "$gw_batch/d$gw_index/outputs" ] || echo "outputs $gw_batch $gw_index $gw_batch/d$gw_index/outputs"
  set -- "$gw_batch/d$gw_index/events" "$gw_batch/$gw_tag/events" "$gw_batch/e$gw_index"
  # no pattern where it is not needed: it would read the whole directory for each
  [ -d "$gw_batch/d$gw_index" ] || set -- "$@" "$gw_batch/$gw_tag".*/events
  for gw_file; do
    [ ! -s "$gw_file" ] || echo "events $gw_batch $gw_index $gw_file"
  done
done >"$gw_list"
# the last lines of each, so that no wrapper gone mad can fill the line to the site
awk '/^[+]/ { print; next }
  { print "+" $1, $2, $3; most = $1 == "log" ? 400 : 5000; count = 0; file = $4
    while ((getline text < file) > 0) line[count++ % most] = substr(text, 1, 4000)
    close(file)
    for (i = count > most ? count - most : 0; i < count; i++) print " " line[i % most] }' "$gw_list"
rm -f "$gw_list"
