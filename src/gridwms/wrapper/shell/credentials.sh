# shellcheck shell=sh disable=SC2034,SC2154
# The proxy and the token that the user delegated: brought before anything needs them, kept fresh while the payload runs,
# gone with the job. Only in wrappers of such jobs. At their end the payload is stopped (gLite reference §5.3 step 17).

gw_before_inputs="$gw_before_inputs gw_credentials_begin"
gw_beside_payload="$gw_beside_payload gw_credentials_watch"
gw_after_payload="$gw_after_payload gw_credentials_rest"
gw_at_end="$gw_at_end gw_credentials_end"
gw_credentials=credentials gw_keeper='' gw_have='' gw_ends=0 gw_credential_text=''

# What the service says there is, lines `<kind> <serial> <seconds left>`, into gw_told; with gw_transfer's patience $1.
gw_credentials_ask() {
  if [ -n "$gw_stage" ]; then
    gw_time
    gw_told=$(while read -r gw_kind gw_serial gw_until; do
      echo "$gw_kind $gw_serial $((gw_until - ${gw_now%.*}))"
    done <"$gw_stage.credentials") 2>/dev/null
    gw_result=000
    [ -n "$gw_told" ] || return 2
    return 0
  fi
  gw_batch=''
  gw_add GET 1 told "$gw_base/credentials"
  gw_transfer "$1" || return
  gw_told=$(cat told)
}

# Brings credential $1 in its place, at once and whole: a payload may read it at any moment.
gw_credentials_bring() {
  if [ -n "$gw_stage" ]; then
    cp -- "$gw_stage.$1" "new.$1" 2>/dev/null || return 2
  else
    gw_batch=''
    gw_add GET 1 "new.$1" "$gw_base/credentials/$1"
    gw_transfer "$2" || return
  fi
  [ -s "new.$1" ] && mv -f -- "new.$1" "$gw_dir/credentials/$1"
}

# One round, in a directory for its files: what is new is brought. 1: the service has closed the attempt, or knows of none.
gw_credentials_round() {
  gw_credentials_ask "$1" || return
  gw_tick
  gw_latest=0
  while read -r gw_kind gw_serial gw_seconds; do
    case $gw_kind in proxy | token) ;; *) continue ;; esac
    case $gw_serial/$gw_seconds in *[!0-9/]* | /* | */) gw_seconds=0 ;; esac
    [ "$gw_seconds" -gt 0 ] || continue
    [ "$gw_seconds" -le "$gw_latest" ] || gw_latest=$gw_seconds
    case " $gw_have " in *" $gw_kind=$gw_serial "*) continue ;; esac
    gw_credentials_bring "$gw_kind" "$1" || return
    gw_have="$gw_have $gw_kind=$gw_serial"
  done <<TOLD
$gw_told
TOLD
  gw_ends=$((gw_clock + gw_latest * 100))
}

gw_credentials_begin() {
  mkdir -p credentials keeper && ln -s ../transport.py ../authority.pem keeper
  cd keeper || gw_fail 12 work_dir text "$gw_dir/keeper"
  gw_credentials_round "$gw_input_patience"
  gw_rc=$?
  cd "$gw_dir" || gw_fail 12 work_dir text "$gw_dir"
  gw_batch=''
  if [ "$gw_rc" -ne 0 ]; then
    gw_explain_credentials
    gw_fail 13 credential_failed text "$gw_credential_text"
  fi
  [ "$gw_ends" -gt "$gw_clock" ] || gw_fail 21 credential_expired
  for gw_item in $gw_have; do
    case $gw_item in
      proxy=*) export X509_USER_PROXY="$gw_dir/credentials/proxy" ;;
      token=*) export BEARER_TOKEN_FILE="$gw_dir/credentials/token" ;;
    esac
  done
}

gw_explain_credentials() {
  cd keeper || return
  gw_explain
  gw_credential_text=$gw_text
  [ -z "$gw_stage" ] || gw_credential_text='its site has not brought it'
  cd "$gw_dir" || return
}

# Sleeps until the next look: a quarter of what is left, and never beyond the end.
gw_credentials_nap() {
  gw_tick
  gw_left=$((gw_ends - gw_clock))
  gw_nap=$((gw_left * 10 / 4))
  [ "$gw_nap" -le 1000000 ] || gw_nap=1000000
  [ "$gw_nap" -ge 1000 ] || gw_nap=$((gw_left < 100 ? gw_left * 10 : 1000))
  [ "$gw_nap" -gt 0 ] || gw_nap=10
  gw_nap=${gw_credential_ms:-$gw_nap}
  gw_ms=$((gw_nap % 1000 + 1000))
  [ ! -e stop ] || exit 0
  sleep "$((gw_nap / 1000)).${gw_ms#1}" &
  wait "$!"
}

# Runs beside the payload until HUP, which ends what it waits for too: nothing is left that holds our standard streams. It
# ignores TERM as the sender of watched files does. A bash may forget the signal, and then finds the file `stop`.
gw_credentials_watch() {
  (
    trap '' XCPU QUIT INT TERM
    trap - EXIT
    trap 'kill -HUP "$!" 2>/dev/null; exit 0' HUP # TERM is ignored below us too
    cd keeper || exit 0
    gw_why='' gw_patience_all=0
    while [ -z "$gw_why" ]; do
      gw_credentials_nap
      gw_credentials_round 0
      case $?/$gw_result in
        1/409) gw_why=withdrawn ;;
        *)
          gw_tick
          [ "$gw_clock" -lt "$gw_ends" ] || gw_why=expired
          ;;
      esac
    done
    : >"$gw_dir/$gw_why"
    while kill -TERM $$; do gw_pause 200; done
  ) &
  gw_keeper=$!
}

gw_credentials_rest() {
  [ -n "$gw_keeper" ] || return 0
  : >"$gw_dir/keeper/stop"
  kill -HUP "$gw_keeper"
  wait "$gw_keeper"
  gw_keeper=''
} 2>/dev/null

gw_credentials_end() { rm -rf -- "$gw_dir/credentials" "$gw_dir/keeper"; }
