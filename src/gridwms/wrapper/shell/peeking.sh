# shellcheck shell=sh disable=SC2154
# Peeking: what grows in watched files is sent while the payload runs.

# One cycle, in gw_dir with files of its own: asks which files are watched, sends what they grew by.
gw_peek_cycle() {
  gw_batch=''
  gw_add GET 1 peek "$gw_base/peek"
  gw_transfer 0
  case $?/$gw_result in
    0/*) ;;
    1/409) return 1 ;;
    *) return 0 ;;
  esac
  [ -s peek ] || return 0
  while read -r gw_offset gw_name; do
    case $gw_name in '' | /* | ../* | */../* | */..) continue ;; esac
    [ -f "work/$gw_name" ] || continue
    gw_size=$(wc -c <"work/$gw_name")
    [ "$gw_size" -gt "$gw_offset" ] || continue
    tail -c "+$((gw_offset + 1))" "work/$gw_name" | head -c 16777216 >grown
    gw_encode "$gw_name"
    gw_batch=''
    gw_add PUT 1 grown "$gw_base/peek/$gw_encoded?offset=$gw_offset"
    gw_transfer 0
  done <peek
  return 0
}

# Runs beside the payload until it is killed. It ignores TERM, which the site may send to all of us at once: a bash whose
# child dies in the same moment as it gets a signal itself forgets the signal. 409: the service has closed the attempt.
gw_peek_begin() {
  [ "$gw_peek_seconds" -gt 0 ] || return 0
  gw_peek_place watch || return 0
  (
    trap '' XCPU QUIT INT TERM
    trap - EXIT
    cd watch || exit 0
    while gw_pause "${gw_peek_ms:-${gw_peek_seconds}000}"; do
      gw_peek_cycle && continue
      : >"$gw_dir/withdrawn"
      while kill -TERM $$; do gw_pause 200; done
    done
  ) &
  gw_peeker=$!
}

# A directory $1 for the files of peeking.
gw_peek_place() { mkdir "$1" && ln -s ../work ../transport.py "$1"; }

# Stops the peeking; a last cycle, in a place of its own, sends what came since.
gw_peek_end() {
  [ -n "$gw_peeker" ] || return 0
  kill -KILL "$gw_peeker" 2>/dev/null
  wait "$gw_peeker" 2>/dev/null
  gw_peeker=''
  gw_kept=$gw_batch
  (cd "$gw_dir" && gw_peek_place last && cd last && gw_patience_all=0 && gw_peek_cycle)
  gw_batch=$gw_kept
}
