# shellcheck shell=sh disable=SC2154
# What must be known and made before the first step.

# Seconds that the site's gLite settings mean ($1: ISB or OSB; $2 otherwise): count retries with doubling waits.
gw_site_patience() {
  eval "gw_retries=\${GLITE_LOCAL_COPY_RETRY_COUNT_$1:-\${GLITE_LOCAL_COPY_RETRY_COUNT-}}"
  eval "gw_wait_s=\${GLITE_LOCAL_COPY_RETRY_FIRST_WAIT_$1:-\${GLITE_LOCAL_COPY_RETRY_FIRST_WAIT-}}"
  gw_site=$2
  case $gw_retries in '' | *[!0-9]* | ????*) return ;; esac
  case $gw_wait_s in '' | *[!0-9]* | ???????*) gw_wait_s=60 ;; esac
  [ "$gw_retries" -le 20 ] || gw_retries=20
  gw_site=$((gw_wait_s * ((1 << gw_retries) - 1)))
}

# When the machine was booted, in hundredths of a second since 1970, into gw_epoch.
gw_read_date() {
  gw_tick
  gw_epoch=$(date '+%s %N')
  gw_part=${gw_epoch#* }
  case $gw_part in '' | *[!0-9]*) gw_part=0 ;; esac
  gw_part=1${gw_part%"${gw_part#??}"}
  [ ${#gw_part} -eq 3 ] || gw_part=100
  gw_epoch=$((${gw_epoch%% *} * 100 + gw_part - 100 - gw_clock))
}

# Clock, names and tools.
gw_prepare() {
  gw_home=$PWD
  command -v mkdir || export PATH="${PATH:+$PATH:}/usr/bin:/bin" # a site that sets none, or a wrong one
  gw_wipes=${GRIDWMS_WIPE-}
  [ -n "$gw_near" ] || gw_wipe
  gw_hooks=${gw_hooks:-${GLITE_LOCAL_CUSTOMIZATION_DIR-}}
  gw_grace=${GRIDWMS_GRACE:-5}
  gw_first_pause=${GRIDWMS_FIRST_PAUSE:-1000}
  gw_last_pause=${GRIDWMS_LAST_PAUSE:-60000}
  gw_leave_events=${GRIDWMS_LEAVE_EVENTS-}
  gw_leave_outputs=${GRIDWMS_LEAVE_OUTPUTS-}
  gw_site_dir=${GRIDWMS_SITE_DIR-}
  gw_stage=${GRIDWMS_STAGE-}
  gw_link=${GRIDWMS_LINK-}$gw_stage
  gw_note=${GRIDWMS_EXIT-}
  gw_patience_all=${GRIDWMS_PATIENCE-}
  gw_peek_ms=${GRIDWMS_PEEK_PAUSE-}
  # shellcheck disable=SC2034
  gw_credential_ms=${GRIDWMS_CREDENTIAL_PAUSE-}
  read -r gw_instance </proc/sys/kernel/random/uuid || gw_instance=$$-$(date +%s)
  read -r gw_node </proc/sys/kernel/hostname || gw_node=$(uname -n)
  gw_epoch=${GRIDWMS_BOOT_TIME-}
  case $gw_epoch in '' | *[!0-9]*) gw_read_date ;; esac
  unset -v GRIDWMS_GRACE GRIDWMS_FIRST_PAUSE GRIDWMS_LAST_PAUSE GRIDWMS_PATIENCE GRIDWMS_PEEK_PAUSE
  unset -v GRIDWMS_BOOT_TIME GRIDWMS_WIPE GRIDWMS_LEAVE_EVENTS GRIDWMS_LEAVE_OUTPUTS GRIDWMS_SITE_DIR GRIDWMS_LINK
  unset -v GRIDWMS_EXIT GRIDWMS_BOOT_ID GRIDWMS_STAGE GRIDWMS_CREDENTIAL_PAUSE
  gw_setsid=/usr/bin/setsid
  [ -x "$gw_setsid" ] || gw_setsid=$(command -v setsid)
} >/dev/null 2>&1

# What a login would have set: HTCondor starts jobs without any of it. The shell has a PATH of its own then, and tells nobody.
gw_usual() {
  export PATH
  [ -z "${HOME-}" ] || return 0
  gw_item=$(id -un) && export USER="${USER:-$gw_item}" LOGNAME="${LOGNAME:-$gw_item}"
  gw_text=$(getent passwd "$gw_item")
  gw_text=${gw_text%:*}
  [ ! -d "${gw_text##*:}" ] || export HOME="${gw_text##*:}"
} 2>/dev/null

# Who speaks HTTP for us, in gw_dir, and with what he needs there.
gw_find_transport() {
  gw_transport=''
  [ -z "$gw_stage" ] || { gw_transport=none && return; } # whoever calls has no network to call by
  if command -v curl >/dev/null 2>&1; then
    gw_transport=curl
  elif command -v python3 >/dev/null 2>&1; then
    gw_use_python
  fi
  gw_second=$gw_transport
  # for a service on this machine, where a thousand short jobs are limited by what our calls cost
  case $gw_transport/$gw_service in
    ?*/http://127.0.0.1:* | ?*/http://localhost:*) ! command -v bash >/dev/null 2>&1 || gw_transport=bash ;;
  esac
  [ -z "$gw_authority" ] || printf '%s\n' "$gw_authority" >authority.pem
}

gw_use_python() {
  gw_transport=python3
  printf '%s\n' "$gw_python" >"$gw_dir/transport.py"
}

# Our own directory and in it the payload's. Another place, when this one cannot be written, only to report from.
gw_settle_in() {
  gw_dir=$gw_site_dir
  # a word on its disk shows that there is room
  [ -z "$gw_dir" ] || ! { [ -w "$gw_dir/work" ] && echo >"$gw_dir/events" && cd "$gw_dir"; } 2>/dev/null || return 0
  for gw_place in "$gw_home" "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm; do
    [ -d "$gw_place" ] || continue # also when we stand in a directory that was removed, and its name is empty
    gw_dir=$gw_place/$gw_tag
    mkdir "$gw_dir" "$gw_dir/work" 2>/dev/null && break
    gw_dir=$gw_place/$gw_tag.$gw_instance
    mkdir "$gw_dir" "$gw_dir/work" 2>/dev/null && break
    gw_dir=''
  done
  [ -n "$gw_dir" ] && cd "$gw_dir" && return
  gw_say "Cannot create directory in $gw_home"
  trap - EXIT
  gw_out 12
}

# What the site allows, over what the service said.
gw_limits() {
  gw_site_patience ISB 180
  gw_input_patience=$gw_site
  gw_site_patience OSB 18900
  gw_output_patience=$gw_site
  gw_token_patience=600
  case ${GLITE_LOCAL_MAX_OSB_SIZE-} in
    '' | *[!0-9]* | ????????????????*) ;;
    *)
      if [ "$gw_limit" -lt 0 ] || [ "$GLITE_LOCAL_MAX_OSB_SIZE" -lt "$gw_limit" ]; then
        gw_limit=$GLITE_LOCAL_MAX_OSB_SIZE
      fi
      ;;
  esac
}
