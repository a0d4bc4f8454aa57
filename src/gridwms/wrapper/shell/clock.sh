# shellcheck shell=sh disable=SC2154
# The clock, read without processes.

# Hundredths of a second since some moment, into gw_clock; reads /proc, so that it costs no process.
gw_tick() {
  # shellcheck disable=SC2034
  if read -r gw_up gw_rest </proc/uptime; then
    gw_clock=$((${gw_up%.*} * 100 + 1${gw_up#*.} - 100))
  else
    gw_clock=$(($(date +%s) * 100))
  fi 2>/dev/null
}

# The time of day as seconds since 1970 with two decimals, into gw_now.
gw_time() {
  gw_tick
  gw_cs=$((gw_epoch + gw_clock))
  gw_cents=$((gw_cs % 100 + 100))
  gw_now=$((gw_cs / 100)).${gw_cents#1}
}

# Waits $1 milliseconds, interruptibly.
gw_pause() {
  gw_ms=$(($1 % 1000 + 1000))
  gw_run sleep "$(($1 / 1000)).${gw_ms#1}"
}
