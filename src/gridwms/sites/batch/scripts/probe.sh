# Standard input: lines "BATCH INDEX". Says "BATCH INDEX gone", or "BATCH INDEX here|<s>|<x>|<c>|<life>" with what these files
# hold. Of one that began and has not ended its guard is asked whether it lives, by a line "?" in s<index>; it answers by a line
# "!". <life>: "alive", it has answered since the last look; "asked", it has not. Opening a file shows what it holds even where
# the file system is a network's. And "BATCH/x<index> SECONDS" of those that ended: when that was, since 1970.
gw_enter || exit 0
gw_list=$(mktemp list.XXXXXX) || exit 3
while read -r gw_batch gw_index; do
  if [ -e "$gw_batch/w$gw_index" ]; then
    gw_s='' gw_life=''
    while read -r gw_line; do
      case $gw_line in '?') gw_life=asked ;; '!') gw_life=alive ;; *) gw_s=$gw_line ;; esac
    done 2>/dev/null <"$gw_batch/s$gw_index"
    gw_read "$gw_batch/x$gw_index"
    if [ -n "$gw_line" ]; then
      echo "$gw_batch/x$gw_index" >&3
    elif [ -n "$gw_s" ] && [ "$gw_s" != never ] && [ "$gw_life" != asked ]; then
      echo '?' >>"$gw_batch/s$gw_index"
    fi
    gw_c=''
    [ ! -e "$gw_batch/c$gw_index" ] || gw_c=cancelled
    echo "$gw_batch $gw_index here|$gw_s|$gw_line|$gw_c|$gw_life"
  else
    echo "$gw_batch $gw_index gone"
  fi
done 3>"$gw_list"
[ ! -s "$gw_list" ] || xargs stat -c '%n %Y' <"$gw_list" 2>/dev/null
rm -f "$gw_list"
