# What the batch system runs. Its standard streams lead nowhere; it says what it has to say in files (see common.sh).
gw_batch=$PWD
[ -s tags ] || exit 97
umask 077
set -C
{ echo "$gw_task $(uname -n)" >"s$gw_index"; } 2>/dev/null || exit 0
set +C
# signals are for the wrapper; this one stays to tell how it ended
trap : HUP INT QUIT TERM XCPU USR1 USR2
if [ -e "c$gw_index" ]; then
  echo "- $(date +%s)" >"x$gw_index"
  exit 0
fi
[ -n "${GRIDWMS_FIRST_PAUSE-}" ] || export GRIDWMS_FIRST_PAUSE=1000
export GRIDWMS_WIPE=1
gw_place=''
if [ -n "$gw_scratch" ]; then
  gw_place=$(mktemp -d "$gw_scratch/gridwms.XXXXXX") && cd "$gw_place" || exit 98
fi
gw_run=$gw_batch/w$gw_index
if [ -e "$gw_batch/body" ]; then
  cat "$gw_run" "$gw_batch/body" >"$gw_batch/r$gw_index" || exit 98
  : >"$gw_run"
  gw_run=$gw_batch/r$gw_index
fi
/bin/sh "$gw_run" </dev/null >"$gw_batch/l$gw_index" 2>&1
gw_rc=$?
if [ -n "$gw_place" ]; then
  for gw_file in */events; do
    [ ! -e "$gw_file" ] || { mkdir -p "$gw_batch/${gw_file%/*}" && cp "$gw_file" "$gw_batch/$gw_file"; }
  done
  cd "$gw_batch" && rm -rf "$gw_place"
fi
echo "$gw_rc $(date +%s)" >"x$gw_index"
exit 0
