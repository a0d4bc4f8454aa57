# shellcheck shell=sh disable=SC2154
# What the payload used.

# Hundredths of a second of `0m1.250000s`, into gw_centi.
gw_parse() {
  gw_rest=${1#*m}
  gw_rest=${gw_rest%s}
  gw_part=${gw_rest#*[.,]}00
  gw_part=1${gw_part%"${gw_part#??}"}
  gw_centi=$(((${1%%m*} * 60 + ${gw_rest%[.,]*}) * 100 + gw_part - 100))
}

# Processor time of our children so far: gw_user and gw_system, in hundredths.
gw_times() {
  : >"$gw_dir/times"
  times >>"$gw_dir/times"
  {
    read -r gw_user gw_system
    read -r gw_user gw_system
  } <"$gw_dir/times"
  gw_parse "$gw_user"
  gw_user=$gw_centi
  gw_parse "$gw_system"
  gw_system=$gw_centi
}

# Writes $1 hundredths as seconds into gw_seconds.
gw_decimal() {
  gw_cents=$(($1 % 100 + 100))
  gw_seconds=$(($1 / 100)).${gw_cents#1}
}

# What the payload used, into gw_usage; its exit status comes first.
gw_measure() {
  gw_tick
  gw_decimal $((gw_clock - gw_started))
  gw_usage="$gw_exit_field&real=$gw_seconds"
  gw_times
  gw_decimal $((gw_user - gw_user_before))
  gw_usage="$gw_usage&user=$gw_seconds"
  gw_decimal $((gw_system - gw_system_before))
  gw_usage="$gw_usage&system=$gw_seconds"
  gw_memory
}
