# What the batch system runs. Its standard streams lead nowhere; it says what it has to say in files (see common.sh).
gw_batch=$PWD
[ -e "w$gw_index" ] || exit 97 # it is not here any more
umask 077
read -r gw_node </proc/sys/kernel/hostname || gw_node=$(uname -n)

# Makes attempt $gw_index ours. 1: it is not here any more, or somebody else has it.
gw_claim() {
  [ -e "w$gw_index" ] || return
  set -C
  { echo "$gw_task $gw_node" >"s$gw_index"; } 2>/dev/null
  gw_rc=$?
  set +C
  return "$gw_rc"
}

# While there is no wrapper a signal is only noted.
gw_told=''
gw_between() { trap 'gw_told=1' HUP INT QUIT TERM XCPU USR2; }

# The wrapper is over, with status gw_rc: packs what the batch system is to bring, and tells the status.
gw_over() {
  [ "$gw_rc" -le 128 ] || gw_end_rest "$gw_batch/s$gw_index"
  if [ -n "$gw_place$gw_flat" ]; then
    cat ./*/events >"$gw_batch/e$gw_index" 2>/dev/null
    if [ -s "$GRIDWMS_SITE_DIR/outputs" ] && cd "$GRIDWMS_SITE_DIR"; then
      { echo outputs && sed 's/^[^ ]* //; s/ .$//' outputs; } >listed
      tar -chf "$gw_batch/o$gw_index" -T listed
    fi
    cd "$gw_batch" || exit 98
    [ -z "$gw_place" ] || rm -rf "$gw_place"
  fi
  [ ! -e "$gw_batch/w$gw_index" ] || echo "$gw_rc" >"$gw_batch/x$gw_index"
}

# Stays beside this shell, for all that it runs. Answers who asks whether a wrapper lives (see probe.sh); ends it when it is not
# wanted any more and the batch system does not end it; does the rest of this shell's work when that was killed alone.
gw_guard() {
  trap 'kill "$gw_nap"; exit 0' TERM
  gw_unwanted=0
  while kill -0 $$ || kill -0 "$gw_wrapper"; do
    sleep "$gw_pause" &
    gw_nap=$!
    wait "$gw_nap"
    gw_before=$gw_index
    while read -r gw_now gw_task gw_process gw_line; do
      [ -z "$gw_process" ] || gw_index=$gw_now gw_wrapper=$gw_process GRIDWMS_SITE_DIR=$gw_line
    done <"$gw_batch/y$gw_own"
    [ "$gw_index" = "$gw_before" ] || gw_unwanted=0
    gw_last=''
    while read -r gw_line; do gw_last=$gw_line; done <"$gw_batch/s$gw_index"
    [ "$gw_last" != '?' ] || echo '!' >>"$gw_batch/s$gw_index"
    [ -e "$gw_batch/w$gw_index" ] && [ ! -e "$gw_batch/c$gw_index" ] && continue
    gw_unwanted=$((gw_unwanted + 1))
    case $gw_unwanted in 1) ;; [2-9]) kill "$gw_wrapper" ;; *) kill -KILL "$gw_wrapper" ;; esac
  done
  [ ! -s "$gw_batch/x$gw_index" ] || exit 0 # TERM came before it was listened to
  read -r gw_rc <"$GRIDWMS_SITE_DIR/exit" || gw_rc=137
  [ -z "$gw_place" ] || gw_place=${GRIDWMS_SITE_DIR%/*}
  gw_over
} </dev/null >/dev/null 2>&1

# Runs attempt $gw_index, which is ours, to its end.
gw_run() {
  if [ -e "c$gw_index" ]; then
    echo - >"x$gw_index"
    return
  fi
  gw_place=''
  if [ -n "$gw_scratch" ]; then
    gw_place=$(mktemp -d "$gw_scratch/gridwms.XXXXXX" 2>"l$gw_index") && cd "$gw_place" || {
      gw_rc=98
      echo 98 >"x$gw_index"
      return
    }
  fi
  GRIDWMS_SITE_DIR=$PWD/d$gw_index
  [ -d "$GRIDWMS_SITE_DIR" ] || mkdir "$GRIDWMS_SITE_DIR" "$GRIDWMS_SITE_DIR/work"
  export GRIDWMS_SITE_DIR
  if [ -n "${gw_alone-}" ]; then
    export GRIDWMS_STAGE="$gw_batch/${gw_stage:-t$gw_index}" GRIDWMS_LEAVE_EVENTS=1 GRIDWMS_LEAVE_OUTPUTS=1
  fi
  GRIDWMS_PLACE=$gw_batch/s$gw_index GRIDWMS_EXIT=$GRIDWMS_SITE_DIR/exit \
    /bin/sh "$gw_batch/w$gw_index" </dev/null >"$gw_batch/l$gw_index" 2>&1 &
  gw_wrapper=$!
  if [ "$gw_index" != "$gw_own" ]; then
    [ -e "$gw_batch/y$gw_own" ] || echo "$gw_own $gw_task" >"$gw_batch/y$gw_own"
    echo "$gw_index $gw_task $gw_wrapper $GRIDWMS_SITE_DIR" >>"$gw_batch/y$gw_own"
  elif [ -z "$gw_flat" ]; then # nobody could ask where files are brought back at the end
    gw_guard &
    gw_guard=$!
  fi
  # some batch systems signal this process alone; it stays to tell how the wrapper ended
  # shellcheck disable=SC2086
  trap 'gw_told=1; kill "$gw_wrapper" 2>/dev/null' HUP INT QUIT TERM XCPU $gw_last_call
  if [ -n "${gw_share-}" ]; then # the word to look whether this one is still wanted: see gw_nudge
    trap gw_heed USR1
    gw_heed
  fi
  while :; do
    wait "$gw_wrapper"
    gw_rc=$?
    kill -0 "$gw_wrapper" 2>/dev/null || break
  done
  gw_between
  gw_over
}

gw_heed() { { [ ! -e "$gw_batch/c$gw_index" ] && [ -e "$gw_batch/w$gw_index" ]; } || kill "$gw_wrapper" 2>/dev/null; }

# Takes another attempt of the batch, when ours ended well and so soon that starting the other would take the batch system
# longer than we do. A task of the first half has up to three in mind, none of which another task has, and which it would
# start late.
gw_take() {
  [ -n "${gw_share-}" ] && [ -z "$gw_told" ] && [ "$gw_rc" = 0 ] || return
  gw_clock && [ $((gw_now - gw_begun)) -lt "$gw_share" ] || return
  gw_line=''
  read -r gw_line <"$GRIDWMS_SITE_DIR/events" || read -r gw_line <"e$gw_index" || return
  case $gw_line in *'&exit_code=0&'*) ;; *) return 1 ;; esac # a worker node on which all fails is given no more
  for gw_index in $gw_others; do
    gw_others=${gw_others#"$gw_index"}
    gw_others=${gw_others# }
    [ -e "c$gw_index" ] || ! gw_claim || return 0
  done
  return 1
} 2>/dev/null

# Hundredths of a second since this node was booted, into gw_now.
gw_clock() { read -r gw_up gw_rest </proc/uptime && gw_now=$((${gw_up%.*} * 100 + 1${gw_up#*.} - 100)); } 2>/dev/null

gw_between
trap : USR1
gw_claim || exit 0
[ -n "${GRIDWMS_FIRST_PAUSE-}" ] || export GRIDWMS_FIRST_PAUSE=1000
export GRIDWMS_WIPE=1
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
gw_own=$gw_index gw_others='' gw_guard=''
if [ -n "${gw_share-}" ] && gw_clock; then
  gw_begun=$gw_now
  gw_half=$((gw_count / 2))
  [ "$gw_own" -ge "$gw_half" ] || gw_others=$((gw_count - 1 - gw_own))
  [ "$gw_own" -ge $((gw_half / 2)) ] || gw_others="$gw_others $((gw_half - 1 - gw_own)) $((gw_half + gw_own))"
fi
gw_run
while gw_take; do gw_run; done
[ -z "$gw_guard" ] || kill "$gw_guard" 2>/dev/null
exit 0
