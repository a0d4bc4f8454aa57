# shellcheck shell=sh disable=SC2154
# The sandboxes: inputs fetched, outputs found, measured and listed for sending.

# Input number $1, named $2, from $3 (empty: the service). Pass 1 adds it to the batch, pass 2 gives it its name,
# pass 3 tells the name that goes with a file of the batch.
gw_input() {
  gw_target=work/$2
  gw_plain "$2" || gw_target=in.$1
  case $gw_pass/$3 in
    1/)
      if [ -n "$gw_stage" ]; then
        gw_run cp -- "$gw_stage.in/$2" "work/./$2" 2>said && return
        gw_hear said
        gw_fail 13 input_failed file "$2" text "$gw_text"
      fi
      ;;
  esac
  case $gw_pass/$3 in
    ?/) [ -z "$gw_near$gw_stage" ] || return 0 ;; # the site has brought it
  esac
  case $gw_pass/$3 in
    1/) gw_add GET 1 "$gw_target" "$gw_base/input/$1" ;;
    1/file://*) ;;
    1/*) gw_add GET 0 "$gw_target" "$3" ;;
    2/file://*)
      gw_run cp -- "${3#file://}" "work/./$2" 2>said && return
      gw_hear said
      gw_fail 13 input_failed file "$2" text "$gw_text"
      ;;
    3/*) [ "$gw_target" != "$gw_wanted" ] || gw_named=$2 ;;
    2/*) [ "$gw_target" = "work/$2" ] || mv -- "$gw_target" "work/./$2" ;;
  esac
}

# Fetches the input sandbox in one go.
gw_fetch() {
  gw_batch=''
  gw_pass=1
  gw_inputs
  if [ -n "$gw_batch" ] && ! gw_transfer "$gw_input_patience"; then
    gw_item=${gw_batch%%"$gw_newline"*}
    gw_explain
    gw_batch=''
    # shellcheck disable=SC2086
    set -- $gw_item
    gw_wanted=$3
    gw_pass=3
    gw_inputs
    gw_fail 13 input_failed file "$gw_named" text "$gw_text"
  fi
  gw_pass=2
  gw_inputs
}

# One entry of the output sandbox: the file of that name, else those that it matches as a pattern.
gw_output() {
  gw_found=''
  if [ -f "$1" ] && [ -r "$1" ]; then
    "$gw_taker" "$1"
  else
    IFS=''
    set +f
    for gw_match in $1; do
      if [ -f "$gw_match" ] && [ -r "$gw_match" ]; then "$gw_taker" "$gw_match"; fi
    done
    set -f
    unset -v IFS
  fi
  [ -n "$gw_found" ] || gw_notice output_missing file "$1"
}

# Notes the file $1 for sending. A leaf name that was taken is not sent twice ('/' cannot be in a leaf).
gw_take() {
  gw_found=1
  gw_leaf=${1##*/}
  case $gw_seen in *"/$gw_leaf/"*) return ;; esac
  gw_seen=$gw_seen$gw_leaf/
  gw_count=$((gw_count + 1))
  eval "gw_file_$gw_count=\$1 gw_leaf_$gw_count=\$gw_leaf gw_size_$gw_count=0"
}

# The sizes of all files found, by one process; needed only when there is a limit.
gw_measure_files() {
  set --
  gw_index=0
  while [ "$gw_index" -lt "$gw_count" ]; do
    gw_index=$((gw_index + 1))
    eval "set -- \"\$@\" \"\$gw_file_$gw_index\""
  done
  stat -L -c %s -- "$@" >../sizes 2>/dev/null ||
    for gw_item; do stat -L -c %s -- "$gw_item" 2>/dev/null || echo 0; done >../sizes
  gw_index=0
  while read -r gw_size; do
    gw_index=$((gw_index + 1))
    eval "gw_size_$gw_index=\$gw_size"
  done <../sizes
}

# Puts the output sandbox into the batch: wildcards are expanded here, the size limit holds for the running sum in the
# listed order, and the first file beyond it gives its last bytes as NAME.tail: what room there is, shared among the
# files that are left.
gw_collect() {
  gw_batch='' gw_count=0 gw_seen=/ gw_sum=0 gw_left=''
  cd "$gw_dir/work" || return 0
  gw_also "$gw_before_outputs"
  gw_outputs
  [ "$gw_limit" -lt 0 ] || [ "$gw_count" -eq 0 ] || gw_measure_files
  gw_index=0
  while [ "$gw_index" -lt "$gw_count" ]; do
    gw_index=$((gw_index + 1))
    # shellcheck disable=SC2154
    eval "gw_file=\$gw_file_$gw_index gw_leaf=\$gw_leaf_$gw_index gw_size=\$gw_size_$gw_index"
    case $gw_file in
      /*) gw_path=$gw_file ;;
      *) gw_path="$gw_dir/work"/$gw_file ;;
    esac
    if [ "$gw_limit" -ge 0 ] && [ $((gw_sum + gw_size)) -gt "$gw_limit" ]; then
      gw_share=$(((gw_limit - gw_sum) / (gw_count - gw_index + 1)))
      gw_sum=$((gw_sum + gw_share))
      if ! gw_run tail -c "$gw_share" -- "$gw_path" >"../tail.$gw_index" 2>/dev/null; then
        gw_notice output_dropped file "$gw_file"
        continue
      fi
      gw_notice output_truncated file "$gw_file" sent "$gw_share" size "$gw_size"
      gw_leaf=$gw_leaf.tail
      gw_source=tail.$gw_index
    else
      gw_sum=$((gw_sum + gw_size))
      gw_source=work/$gw_file
      if [ "$gw_path" = "$gw_file" ] || ! gw_plain "$gw_file"; then
        gw_source=up.$gw_index
        ln -s -- "$gw_path" "../$gw_source"
      fi
    fi
    gw_encode "$gw_leaf"
    if [ -n "$gw_leave_outputs" ]; then
      # Whether there is anything in it, and how many there are: the disk may lose what nobody waits for.
      gw_mark=-
      [ ! -s "../$gw_source" ] || gw_mark=+
      gw_left=$gw_left$gw_encoded\ $gw_source\ $gw_mark$gw_newline
      gw_brought=$((gw_brought + 1))
    else
      gw_add PUT 1 "$gw_source" "$gw_base/output/$gw_encoded"
    fi
  done
  cd "$gw_dir" || return 0
  [ -z "$gw_left" ] || printf '%s' "$gw_left" >outputs
}
