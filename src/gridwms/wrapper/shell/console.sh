# shellcheck shell=sh disable=SC2154
# Interactive jobs: the payload's standard streams go to those attached, by calls of ours to the service. Only in wrappers of
# such jobs. With python3 all of it (gridwms/wrapper/console.py); with curl alone pipes and signals, but no terminal.

gw_before_token="$gw_before_token gw_console_check"
gw_before_payload="$gw_before_payload gw_console_begin"
gw_after_payload="$gw_after_payload gw_console_end"
gw_console='' gw_helpers=''
# a shell around the program must not die of a signal that the program lives through
gw_traps='trap : HUP INT QUIT TERM USR1 USR2;'

# Before the token: whether there is what it takes.
gw_console_check() {
  if command -v python3 >/dev/null && python3 -I -S -c 'import fcntl, http.client, ssl, termios' 2>/dev/null; then
    gw_console=python3
  elif [ -z "$gw_terminal" ] && command -v curl >/dev/null; then
    gw_console=curl
  else
    gw_fail 10 no_console
  fi
  gw_say "console by $gw_console"
}

# Makes the ends of the payload's streams and sets it up to use them.
gw_console_begin() {
  # what a shell starts beside itself ignores INT and QUIT, and no shell can undo that
  if env --default-signal=INT,QUIT true 2>/dev/null; then
    gw_setsid="$gw_setsid env --default-signal=INT,QUIT"
  elif [ "$gw_console" = python3 ]; then
    printf '%s\n' 'import os, signal, sys' \
      'for each in "INT", "QUIT", "PIPE", "XFSZ": signal.signal(getattr(signal, "SIG" + each), signal.SIG_DFL)' \
      'os.execv(sys.argv[1], sys.argv[1:])' >con.start
    gw_setsid="$gw_setsid python3 -I -S ../con.start"
  fi
  if [ -z "$gw_terminal" ]; then
    mkfifo con.stdin con.stdout con.stderr
    gw_line="$gw_traps echo \$\$ >../con.group; $gw_line"
  fi
  if [ "$gw_console" = curl ]; then
    gw_beside gw_curl_in &
    gw_feeder=$!
    gw_beside gw_curl_out stdout "$gw_stdout" &
    gw_helpers=$!
    gw_beside gw_curl_out stderr "$gw_stderr" &
    gw_helpers="$gw_helpers $!"
  else
    printf '%s\n' "$gw_console_python" >console.py
    gw_kind=streams
    [ -z "$gw_terminal" ] || gw_kind=terminal
    set --
    for gw_item in "$gw_stdout" "$gw_stderr"; do
      gw_inside "$gw_item"
      [ -n "$gw_item" ] || gw_inner=''
      set -- "$@" "$gw_inner"
    done
    python3 -I -S -B console.py "$gw_base" "$gw_kind" $$ "$@" >&2 <<CAPABILITY &
$gw_capability
CAPABILITY
    gw_helpers=$!
    while ! [ -e con.ready ] && kill -0 "$gw_helpers" 2>/dev/null; do gw_pause 20; done
    gw_tty=''
    read -r gw_tty <con.ready
    if [ -n "$gw_terminal" ]; then
      # a leader of a session gets the terminal that it opens first as its own
      gw_line_before="exec <'$gw_tty' >'$gw_tty' 2>&1; TERM=\${TERM:-xterm}; export TERM"
      gw_line="$gw_line_before; $gw_traps echo \$\$ >../con.group; $gw_line"
      gw_stdin='' gw_stdout='' gw_stderr=''
      return
    fi
  fi
  gw_stdin=$gw_dir/con.stdin gw_stdout=$gw_dir/con.stdout gw_stderr=$gw_dir/con.stderr
}

# Runs the words as a process beside us, which ends when we say so.
gw_beside() {
  trap '' XCPU QUIT INT TERM
  trap - EXIT
  "$@"
}

# The payload is over: what it wrote is sent, as long as the service takes it.
gw_console_end() {
  [ -n "$gw_helpers" ] || return 0
  if [ "$gw_console" = curl ]; then
    kill -KILL "$gw_feeder" 2>/dev/null
    : <>con.stdout # a payload that never began has not let them begin either
    : <>con.stderr
  else
    kill -USR1 "$gw_helpers" 2>/dev/null
  fi
  gw_tick
  gw_until=''
  # python3 has a limit of its own; a process that left the payload's group may hold a pipe open for ever
  [ "$gw_console" = python3 ] || gw_until=$((gw_clock + 6000))
  [ -z "$gw_signal" ] || gw_until=$((gw_clock + 1000))
  for gw_item in $gw_helpers; do
    while kill -0 "$gw_item" 2>/dev/null; do
      gw_tick
      if [ -n "$gw_until" ] && [ "$gw_clock" -gt "$gw_until" ]; then kill -KILL "$gw_item" 2>/dev/null; fi
      gw_pause 50
    done
    wait "$gw_item" 2>/dev/null
  done
  gw_helpers=''
}

# One request for the console by curl: $1 names its files, $2 the path, further words are options. The code is in gw_code.
gw_curl() {
  gw_name=$1 gw_path=$2
  shift 2
  gw_code=$(
    curl -q -sS -o "$gw_name.body" -D "$gw_name.head" --max-time 60 -w '%{http_code}' -K - "$@" 2>/dev/null <<CONFIG
url = "$gw_base/console/$gw_path"
header = "Authorization: Bearer $gw_capability"
header = "Content-Type: application/octet-stream"
$([ -z "$gw_authority" ] || echo 'cacert = "authority.pem"')
CONFIG
  ) || gw_code=000
  case $gw_code in
    2??) return 0 ;;
    408 | 429) ;;
    4??) # as with peeking: the service wants no more of this attempt
      : >withdrawn
      while kill -TERM $$; do gw_pause 200; done
      ;;
  esac
  gw_pause "${gw_curl_ms:=200}"
  gw_curl_ms=$((gw_curl_ms < 5000 ? gw_curl_ms * 2 : 5000))
  return 1
}

# Input and wishes, by long waiting calls.
gw_curl_in() {
  gw_taken=0 gw_wish=0
  exec 8<>con.stdin
  while :; do
    gw_curl in "in?offset=$gw_taken&control=$gw_wish&wait=20" || continue
    gw_curl_ms=200 gw_end=''
    [ "$gw_code" != 200 ] || { cat in.body >&8 && gw_taken=$((gw_taken + $(wc -c <in.body))); }
    while IFS=' ' read -r gw_name gw_value; do
      gw_value=${gw_value%"$(printf '\r')"}
      case $gw_name in
        [Gg]ridwms-[Ee]nd:) gw_end=1 ;;
        [Gg]ridwms-[Ww]ishes:)
          IFS=,
          for gw_item in $gw_value; do
            unset -v IFS
            # shellcheck disable=SC2086
            set -- $gw_item
            gw_wish=$1
            case $2 in signal) read -r gw_group <con.group && kill "-$3" "-$gw_group" ;; esac
          done
          unset -v IFS
          ;;
      esac
    done <in.head
    [ -z "$gw_end" ] || break
  done
  # the payload has its end of the pipe by then
  while ! [ -e con.group ]; do gw_pause 50; done
  exec 8>&-
  while :; do
    gw_curl in "in?offset=$gw_taken&control=$gw_wish&wait=20&ended=1" && sleep 5
  done
}

# Output of stream $1: what one read gives is sent and added to file $2, until all writers are gone.
gw_curl_out() {
  gw_offset=0
  exec 7<"con.$1"
  while :; do
    dd bs=65536 count=1 <&7 >"$1.part" 2>/dev/null
    gw_size=$(wc -c <"$1.part")
    gw_last=''
    [ "$gw_size" -gt 0 ] || gw_last='&end=1'
    gw_inside "$2"
    [ -z "$2" ] || cat "$1.part" >>"$gw_inner"
    while :; do
      if gw_curl "$1" "out/$1?offset=$gw_offset&oldest=$gw_offset$gw_last" --data-binary "@$1.part"; then
        gw_curl_ms=200 gw_have=$((gw_offset + gw_size))
        read -r gw_have <"$1.body"
        [ "$gw_have" -lt $((gw_offset + gw_size)) ] || break
        if [ "$gw_have" -gt "$gw_offset" ]; then
          tail -c "+$((gw_have - gw_offset + 1))" "$1.part" >"$1.rest" && mv "$1.rest" "$1.part"
          gw_size=$((gw_offset + gw_size - gw_have))
          gw_offset=$gw_have
        fi
      fi
    done
    gw_offset=$((gw_offset + gw_size))
    [ -z "$gw_last" ] || return 0
  done
}
