# shellcheck shell=sh disable=SC2154
# Ways to send a file elsewhere than to the service. Only in wrappers that do.
# A way is a function gw_send_<way>, with the path of the file and where it goes, called in the directory of the payload;
# render.py and describe/data.py say which scheme takes which. What went wrong is said in gw_text.

# To a path that this node has: whole, or not at all.
gw_send_file() {
  {
    (umask 022 && mkdir -p -- "${2%/*}") &&
      gw_run cp -- "$1" "$2.$gw_instance" &&
      mv -f -- "$2.$gw_instance" "$2"
  } 2>../said && return
  rm -f -- "$2.$gw_instance"
  gw_hear ../said
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
    case $gw_result in 000 | gone) gw_explain ;; *) gw_text="HTTP $gw_result" ;; esac
  fi
  gw_batch=''
  cd work || return 1
  return "$gw_sent_well"
}
