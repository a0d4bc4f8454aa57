# shellcheck shell=sh disable=SC2154
# Output files that go elsewhere than to the service. Only in wrappers of such jobs.
# For one more way (xrootd, s3, gsiftp) add it in sending.sh, and its scheme in render.py and describe/jdl/schemes.py.

gw_before_outputs="$gw_before_outputs gw_targets"
gw_way=''

# The files that $1 names, or matches, go by way $2 to $3; into it under their own names when it ends in `/`.
gw_target() {
  gw_way=$2 gw_goal=$3
  gw_taker=gw_send
  gw_output "$1"
  gw_taker=gw_take
}

gw_send() {
  unset -v IFS # as it is while a pattern is expanded
  set -f
  gw_found=1
  case $1 in
    /*) gw_path=$1 ;;
    *) gw_path=$gw_dir/work && gw_path=$gw_path/$1 ;;
  esac
  gw_to=$gw_goal
  case $gw_to in
    */)
      gw_leaf=${1##*/}
      [ "$gw_way" = file ] || { gw_encode "$gw_leaf" && gw_leaf=$gw_encoded; }
      gw_to=$gw_to$gw_leaf
      ;;
  esac
  gw_say "sends $1 to ${gw_to%%\?*}"
  gw_text=''
  "gw_send_$gw_way" "$gw_path" "$gw_to" && return
  # what is not there is here: the service keeps it, and the attempt has failed
  gw_say "cannot send $1: $gw_text"
  if [ -z "$gw_failure" ]; then
    gw_status=18
    gw_reason target_failed file "$1" url "${gw_to%%\?*}" text "$gw_text"
    gw_failure=$gw_fields
  fi
  gw_take "$1"
}
