# shellcheck shell=sh disable=SC2154
# OutputData: files that go to storage elements when the payload ended with 0 (gLite reference §5.6). What became of each
# is in DSUpload_<job>.out, which is in the output sandbox. Only in wrappers of such jobs.

gw_after_payload="$gw_after_payload gw_upload_all"

gw_upload_all() {
  [ "$gw_exit_field" = '&exit_code=0' ] || return 0
  cd work || return 0
  gw_key=${gw_job_id##*/}
  gw_said=DSUpload_$gw_key.out
  rm -f -- "$gw_said" "$gw_said.tmp"
  printf '# %s\n' 'OutputData of this job: the file, and its logical name or URL, or the error.' "$gw_job_id" >"$gw_said.tmp"
  gw_uploads
  mv -f -- "$gw_said.tmp" "$gw_said"
  cd "$gw_dir" || return 0
}

# File $1 goes by way $2 to $3, into the directory of the job there when that ends in `/`; its logical name is $4.
gw_upload() {
  gw_to=$3
  case $gw_to in
    */)
      gw_encoded=${1##*/}
      [ "$2" = file ] || gw_encode "$gw_encoded"
      gw_to=$gw_to$gw_key/$gw_encoded
      ;;
  esac
  gw_path=$gw_dir/work && gw_path=$gw_path/$1
  gw_say "stores $1 as ${gw_to%%\?*}"
  gw_text='there is no such file'
  if [ -f "$gw_path" ] && [ -r "$gw_path" ] && gw_text='' && "gw_send_$2" "$gw_path" "$gw_to"; then
    printf '%s %s\n' "$1" "${4:-$gw_to}" >>"$gw_said.tmp"
    gw_run md5sum -- "$gw_path" >../sum 2>/dev/null
    read -r gw_sum_text gw_rest <../sum
    gw_sum_text=${gw_sum_text#\\} # so it begins when the name has odd characters
    gw_size=$(stat -L -c %s -- "$gw_path")
    gw_notice data_stored file "$1" url "${gw_to%%\?*}" size "$gw_size" checksum "md5:$gw_sum_text"
  else
    printf '%s Error: %s\n' "$1" "$gw_text" >>"$gw_said.tmp"
    gw_notice data_not_stored file "$1" url "${gw_to%%\?*}" text "$gw_text"
  fi
}

gw_send_xrdcp() { gw_by_program xrdcp -f -s -p "$1" "$2"; }

gw_send_gfal() { gw_by_program gfal-copy -f -p "file://$1" "$2"; }

# By program $1, which the node may have or not.
gw_by_program() {
  command -v "$1" >/dev/null 2>&1 || {
    gw_text="this node has no $1"
    return 1
  }
  gw_run "$@" >../said 2>&1 && return
  gw_hear ../said
  gw_text=${gw_text:-$1: status $gw_rc}
  return 1
}
