# What A-REX runs, with the wrapper of the attempt below its last line. Our directory is the session of the job: what lies
# there at the end comes back. Exit status: that of the wrapper; 97 this was started before, 98 it could not be unpacked,
# 99 all went well, but event lines did not reach the service: they are in `left`.
unset -v GRIDWMS_PACKED GRIDWMS_PACKED_TOO
umask 077
set -C
{ echo >started; } 2>/dev/null || exit 97
set +C
sed '1,/^#: wrapper$/d' task >wrapper && : >task || exit 98
export GRIDWMS_WIPE=1 GRIDWMS_SITE_DIR="$PWD/d"
mkdir d d/work || exit 98
[ -z "${gw_alone-}" ] || export GRIDWMS_STAGE="$PWD/stage" GRIDWMS_LEAVE_EVENTS=1 GRIDWMS_LEAVE_OUTPUTS=1

# Beside this shell while the wrapper lives: ends it when this shell was killed alone, or when the session is gone, for half
# a minute. A-REX's fork back end ends a job by one process of its own, and all that it has started goes on.
gw_guard() {
  trap 'kill "$gw_nap"; exit 0' TERM
  gw_unwanted=0
  while kill -0 "$gw_wrapper"; do
    sleep "$gw_pause" &
    gw_nap=$!
    wait "$gw_nap"
    if ! kill -0 $$; then
      [ "$gw_unwanted" -gt 2 ] || gw_unwanted=2
    elif [ -e "$PWD/started" ]; then
      gw_unwanted=0
      continue
    fi
    gw_unwanted=$((gw_unwanted + 1))
    case $gw_unwanted in [12]) ;; [3-8]) kill "$gw_wrapper" ;; *) kill -KILL "$gw_wrapper" ;; esac
  done
  kill -0 $$ || gw_end_rest "$PWD"
} </dev/null >/dev/null 2>&1

GRIDWMS_PLACE=$PWD /bin/sh wrapper </dev/null >log 2>&1 &
gw_wrapper=$!
gw_pause=${gw_pause:-10}
gw_guard &
gw_guard=$!
trap 'kill "$gw_wrapper" 2>/dev/null' HUP INT QUIT TERM XCPU
while :; do
  wait "$gw_wrapper"
  gw_rc=$?
  kill -0 "$gw_wrapper" 2>/dev/null || break
done
kill "$gw_guard" 2>/dev/null
[ "$gw_rc" -le 128 ] || gw_end_rest "$PWD"
cat ./*/events >left 2>/dev/null
[ "$gw_rc" != 0 ] || [ ! -s left ] || gw_rc=99
if [ -s d/outputs ]; then
  for gw_file in d/up.*; do # files of elsewhere
    [ ! -L "$gw_file" ] || { cp -L "$gw_file" copy && mv -f copy "$gw_file"; }
  done
else
  rm -rf d
fi
rm -f wrapper task
exit "$gw_rc"
#: wrapper
