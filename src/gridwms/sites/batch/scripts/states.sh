# All attempts of ours that the batch system shows; then "+over BATCH INDEX" of those that have ended by their files, and
# "+shared BATCH INDEX TASK" of those that a task runs or ran which had several, itself among them. When there is a word $1:
# "+node NAME SECONDS", where it can be told, since when the batch system runs on a node of theirs.
gw_states || exit
[ -z "${1-}" ] || gw_nodes
gw_enter || exit 0
for gw_file in */x*; do
  case $gw_file in */x\*) ;; *) echo "+over ${gw_file%%/*} ${gw_file##*/x}" ;; esac
done
set -- */y*
# shellcheck disable=SC2016 # awk's
[ ! -e "$1" ] || printf '%s\n' "$@" | xargs awk '{ split(FILENAME, part, "/"); print "+shared", part[1], $1, $2 }'
