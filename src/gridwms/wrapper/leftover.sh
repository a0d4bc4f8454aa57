# shellcheck shell=sh
# For the scripts of sites that start wrappers.

# Ends what the payload of a wrapper that was killed has left running: all processes that have GRIDWMS_PLACE=$1.
gw_end_rest() {
  for gw_round in 1 2 3 4 5 6 7 8; do
    gw_left=$(grep -lzxF "GRIDWMS_PLACE=$1" /proc/[0-9]*/environ | sed 's/[^0-9]//g')
    [ -n "$gw_left" ] || break
    gw_signal=TERM
    [ "$gw_round" -lt 5 ] || gw_signal=KILL
    # shellcheck disable=SC2086
    kill -"$gw_signal" $gw_left
    sleep 1
  done
} 2>/dev/null

