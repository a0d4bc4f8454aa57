# shellcheck shell=sh disable=SC2154
# Output files that go elsewhere than to the service. Only in wrappers of such jobs.
# A way to send is a function gw_send_<way>, with the file, its path, and where it goes; render.py says which scheme takes
# which. For one more (xrootd, s3, gsiftp) add the function here, and the scheme there and in describe/jdl/schemes.py.

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

# To a path that this node has: whole, or not at all.
gw_send_file() {
  {
    (umask 022 && mkdir -p -- "${2%/*}") &&
      gw_run cp -- "$1" "$2.$gw_instance" &&
      mv -f -- "$2.$gw_instance" "$2"
  } 2>../said && return
  rm -f -- "$2.$gw_instance"
  read -r gw_text <../said
  return 1
}

# By PUT, again and again while the other side is away.
gw_send_put() {
  rm -f ../going
  ln -s -- "$1" ../going
  cd "$gw_dir" || return 1
  gw_batch=''
  gw_add PUT 0 going "$2"
  gw_transfer "$gw_output_patience"
  gw_sent_well=$?
  if [ "$gw_sent_well" -ne 0 ]; then
    gw_text="HTTP $gw_result"
    [ "$gw_result" != 000 ] || read -r gw_text <said
    gw_text=${gw_text:-no answer}
  fi
  gw_batch=''
  cd work || return 1
  return "$gw_sent_well"
}
