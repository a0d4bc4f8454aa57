# Says "+wish BATCH INDEX" of those that wait for their token, then the lines of the wish, each after a blank.
gw_enter || exit 0
if command -v gw_hear >/dev/null; then
  gw_list=$(mktemp list.XXXXXX) || exit 3
  gw_hear "$gw_list" || exit
  rm -f "$gw_list"
fi
for gw_file in */t*.wish; do
  [ -e "$gw_file" ] && [ ! -e "${gw_file%.wish}.answer" ] || continue
  gw_index=${gw_file##*/t}
  echo "+wish ${gw_file%%/*} ${gw_index%.wish}"
  sed 's/^/ /' "$gw_file"
done
