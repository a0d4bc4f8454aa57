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
GRIDWMS_SITE_DIR=$PWD/d$gw_index
[ -d "$GRIDWMS_SITE_DIR" ] || mkdir "$GRIDWMS_SITE_DIR" "$GRIDWMS_SITE_DIR/work"
export GRIDWMS_SITE_DIR
if [ -n "${gw_alone-}" ]; then
  export GRIDWMS_STAGE="$gw_batch/t$gw_index" GRIDWMS_LEAVE_EVENTS=1 GRIDWMS_LEAVE_OUTPUTS=1
fi
# when this node was booted is found out once an hour for all attempts of the batch: it costs each of them two processes
if [ -n "${GRIDWMS_LEAVE_EVENTS-}" ] && [ -z "$gw_flat" ] &&
  read -r gw_boot </proc/sys/kernel/random/boot_id && read -r gw_up gw_rest </proc/uptime; then
  gw_hour=$((${gw_up%.*} / 3600))
  read -r gw_rest GRIDWMS_BOOT_TIME <"$gw_batch/b.$gw_boot" && [ "$gw_rest" = "$gw_hour" ] || {
    gw_now=$(date +%s%N) GRIDWMS_BOOT_TIME=''
    read -r gw_up gw_rest </proc/uptime
    case $gw_now in
      *[!0-9]*) ;; # a date without %N
      ???????????????????)
        GRIDWMS_BOOT_TIME=$((${gw_now%???????} - ${gw_up%.*} * 100 - 1${gw_up#*.} + 100))
        echo "$gw_hour $GRIDWMS_BOOT_TIME" >"$gw_batch/b.$gw_boot"
        ;;
    esac
  }
  export GRIDWMS_BOOT_TIME
fi 2>/dev/null
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
if [ -n "$gw_place$gw_flat" ]; then
  cat ./*/events >"$gw_batch/e$gw_index" 2>/dev/null
  if [ -s "$GRIDWMS_SITE_DIR/outputs" ] && cd "$GRIDWMS_SITE_DIR"; then
    { echo outputs && sed 's/^[^ ]* //; s/ .$//' outputs; } >listed
    tar -chf "$gw_batch/o$gw_index" -T listed
  fi
  cd "$gw_batch" || exit 98
  [ -z "$gw_place" ] || rm -rf "$gw_place"
fi
echo "$gw_rc" >"x$gw_index"
exit 0
