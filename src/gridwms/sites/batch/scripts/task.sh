# What the batch system runs. Its standard streams lead nowhere; it says what it has to say in files (see common.sh).
gw_batch=$PWD
[ -e "w$gw_index" ] || exit 97 # it is not here any more
umask 077
set -C
read -r gw_node </proc/sys/kernel/hostname || gw_node=$(uname -n)
{ echo "$gw_task $gw_node" >"s$gw_index"; } 2>/dev/null || exit 0
set +C
trap : HUP INT QUIT TERM XCPU USR1 USR2
if [ -e "c$gw_index" ]; then
  echo - >"x$gw_index"
  exit 0
fi
[ -n "${GRIDWMS_FIRST_PAUSE-}" ] || export GRIDWMS_FIRST_PAUSE=1000
export GRIDWMS_WIPE=1
gw_place=''
if [ -n "$gw_scratch" ]; then
  gw_place=$(mktemp -d "$gw_scratch/gridwms.XXXXXX") && cd "$gw_place" || exit 98
fi
[ ! -d "$gw_batch/d$gw_index" ] || export GRIDWMS_SITE_DIR="$gw_batch/d$gw_index"
/bin/sh "$gw_batch/w$gw_index" </dev/null >"$gw_batch/l$gw_index" 2>&1 &
gw_wrapper=$!
# some batch systems signal this process alone; it stays to tell how the wrapper ended
# shellcheck disable=SC2086
trap 'kill "$gw_wrapper" 2>/dev/null' HUP INT QUIT TERM XCPU $gw_last_call
while :; do
  wait "$gw_wrapper"
  gw_rc=$?
  kill -0 "$gw_wrapper" 2>/dev/null || break
done
if [ -n "$gw_place" ]; then
  cat ./*/events >"$gw_batch/e$gw_index" 2>/dev/null
  cd "$gw_batch" && rm -rf "$gw_place"
elif [ -n "$gw_flat" ]; then
  cat ./*/events >"e$gw_index" 2>/dev/null
fi
echo "$gw_rc" >"x$gw_index"
exit 0
