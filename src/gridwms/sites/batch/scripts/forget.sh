# Standard input: lines "BATCH INDEX TASK TAG". Removes what is kept of them; what runs is ended.
gw_enter || exit 0
find . -maxdepth 1 -name "list.*" -mmin +60 -exec rm -f {} + # of calls that were cut off
gw_list=$(mktemp list.XXXXXX) || exit 3
while read -r gw_batch gw_index gw_task gw_tag; do
  [ -e "$gw_batch/w$gw_index" ] || continue
  gw_read "$gw_batch/s$gw_index"
  gw_runs=${gw_line%% *}
  case $gw_runs in '' | never | "$gw_task") gw_runs='' ;; esac
  # what another task took need not be started any more
  [ -z "$gw_runs" ] && [ -e "$gw_batch/x$gw_index" ] || echo "$gw_task $gw_batch" >&3
  [ -z "$gw_runs" ] || [ -e "$gw_batch/x$gw_index" ] || echo "$gw_runs" >&5
  echo "$gw_batch" >&4
  # first what says that it is here: this may be cut off anywhere
  echo "$gw_batch/w$gw_index"
  for gw_kind in c e l o; do
    [ ! -e "$gw_batch/$gw_kind$gw_index" ] || echo "$gw_batch/$gw_kind$gw_index"
  done
  set -- "$gw_batch/d$gw_index" "$gw_batch/$gw_tag"
  # no pattern where it is not needed: it would read the whole directory for each
  [ -d "$1" ] || set -- "$@" "$2".*
  for gw_file in "$@"; do
    [ ! -e "$gw_file" ] || echo "$gw_file"
  done
  for gw_kind in in wish answer own proxy token credentials; do
    [ ! -e "$gw_batch/t$gw_index.$gw_kind" ] || echo "$gw_batch/t$gw_index.$gw_kind"
  done
done >"$gw_list" 3>"$gw_list.alive" 4>"$gw_list.batches" 5>"$gw_list.shared"
xargs rm -rf -- <"$gw_list"
sort -u "$gw_list.batches" | while read -r gw_batch; do gw_sweep "$gw_batch"; done
[ ! -s "$gw_list.shared" ] || gw_nudge <"$gw_list.shared"
gw_end <"$gw_list.alive"
rm -f "$gw_list" "$gw_list".*
