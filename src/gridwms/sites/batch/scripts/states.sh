# All attempts of ours that the batch system shows; then "+over BATCH INDEX" of those that have ended by their files.
gw_states || exit
gw_enter || exit 0
for gw_file in */x*; do
  case $gw_file in */x\*) ;; *) echo "+over ${gw_file%%/*} ${gw_file##*/x}" ;; esac
done
