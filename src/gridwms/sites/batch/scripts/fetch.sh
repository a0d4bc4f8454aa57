# Standard input: names of files in our directory. A tar of those that are there, links followed.
gw_enter || exit 3
gw_list=$(mktemp list.XXXXXX) || exit 3
while read -r gw_file; do
  [ ! -f "$gw_file" ] || printf '%s\n' "$gw_file"
done >"$gw_list"
tar -chf - -T "$gw_list"
gw_rc=$?
rm -f "$gw_list"
exit "$gw_rc"
