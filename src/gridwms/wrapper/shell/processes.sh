# shellcheck shell=sh disable=SC2154
# Processes: helpers, the payload and its group, hooks.

# Waits for process $1, into gw_rc; a trap may end the wrapper here.
gw_wait() {
  while :; do
    wait "$1"
    gw_rc=$?
    if [ "$gw_rc" -le 128 ] || ! kill -0 "$1" 2>/dev/null; then break; fi
  done
  while [ "$gw_rc" -gt 255 ]; do gw_rc=$((gw_rc - 128)); done # 256 or 384 and the signal: ksh93, yash
}

# Runs a helper so that a signal is answered at once and not when the helper ends.
gw_run() {
  "$@" &
  gw_child=$!
  gw_wait "$gw_child"
  gw_child=''
  return "$gw_rc"
}

# Starts shell line $1 as the user's program: own process group, the user's environment, nothing of the wrapper's.
# $2 $3 $4: its stdin, stdout, stderr (empty: /dev/null). The process, and its group, is gw_payload.
gw_launch() {
  (
    trap - HUP XCPU QUIT INT TERM USR1 USR2 EXIT
    cd work || exit 126
    umask 022
    [ -z "$gw_link" ] || exec 9>&-
    exec <"${2:-/dev/null}" >"${3:-/dev/null}"
    if [ -n "$4" ] && [ "$4" = "$3" ]; then exec 2>&1; else exec 2>"${4:-/dev/null}"; fi
    if [ -n "$gw_simple" ] && [ "$1" = "$gw_line" ]; then # no other shell is needed to understand it
      gw_environment
      eval "exec \${gw_setsid:+\"\$gw_setsid\"} ${1#exec }"
    fi
    set -- "$1"
    if [ "${#1}" -gt 100000 ]; then # the kernel takes no single argument over 128 KiB
      printf '%s\n' "$1" >../line
      set -- /bin/sh ../line
    else
      set -- /bin/sh -c "$1"
    fi
    # shellcheck disable=SC2086
    [ -z "$gw_setsid" ] || set -- $gw_setsid "$@"
    gw_environment
    exec "$@"
  ) &
  gw_payload=$!
  gw_reaped=''
}

# Is anything of process group $1 alive? Where orphans are buried late, their corpses keep the group in being.
gw_group_lives() {
  kill -0 "-$1" 2>/dev/null || return 1
  gw_group=$1
  [ -r /proc/self/stat ] || return 0
  set +f
  for gw_item in /proc/[0-9]*/stat; do
    read -r gw_stat <"$gw_item" || continue
    # shellcheck disable=SC2086
    set -- ${gw_stat##*") "}
    case $1/${3-} in [ZX]/*) ;; */"$gw_group") set -f && return 0 ;; esac
  done 2>/dev/null
  set -f
  return 1
}

# Ends what is left of the payload's process group: TERM, the grace, KILL.
gw_stop() {
  [ -n "$gw_payload" ] || return 0
  if kill -TERM "-$gw_payload" 2>/dev/null; then
    kill -CONT "-$gw_payload" 2>/dev/null
  elif [ -n "$gw_reaped" ] || ! kill -TERM "$gw_payload" 2>/dev/null; then
    gw_payload='' # all is gone
    return 0
  fi
  gw_left=$((gw_grace * 100))
  gw_nap=2
  while [ "$gw_left" -gt 0 ] &&
    { gw_group_lives "$gw_payload" || { [ -z "$gw_reaped" ] && kill -0 "$gw_payload" 2>/dev/null; }; }; do
    gw_nap=$((gw_nap < 50 ? gw_nap * 2 : 50))
    gw_left=$((gw_left - gw_nap))
    sleep "0.$((gw_nap / 10))$((gw_nap % 10))" 2>/dev/null || sleep 1
  done
  kill -KILL "-$gw_payload" 2>/dev/null || { [ -z "$gw_reaped" ] && kill -KILL "$gw_payload" 2>/dev/null; }
  [ -n "$gw_reaped" ] || wait "$gw_payload" 2>/dev/null
  gw_payload=''
}

# Runs prologue or epilogue: as gw_launch, and waits; its output is thrown away, as gLite does.
gw_script() {
  gw_launch "$1" '' '' ''
  gw_wait "$gw_payload"
  gw_reaped=1
  gw_stop
  return "$gw_rc"
}

# Sources hook $1.sh of the site if there is one; its status. A hook may change directory and variables.
gw_hook() {
  [ -n "$gw_hooks" ] && [ -r "$gw_hooks/$1" ] || return 0
  gw_where="hook $1"
  gw_say "$gw_where"
  # shellcheck disable=SC1090
  . "$gw_hooks/$1"
  gw_rc=$?
  gw_where=wrapper
  return "$gw_rc"
}
