# shellcheck shell=sh disable=SC2154
# Files of the input sandbox that are archives of others (ZippedISB). Only in wrappers of such jobs. The service has looked
# that they hold nothing that leads out of a directory (gridwms/sandbox/archive.py).

gw_after_inputs="$gw_after_inputs gw_archives"

# Unpacks tar file $1, packed with gzip or not, and removes it.
gw_archive() {
  case $(od -An -N2 -tx1 <"work/./$1" 2>/dev/null) in
    *1f*8b*) gw_unpack=gzip ;;
    *) gw_unpack=cat ;;
  esac
  {
    if [ "$gw_unpack" = gzip ]; then gzip -dc <"work/./$1"; else cat "work/./$1"; fi | (cd work && tar xof -)
  } 2>said &
  gw_child=$!
  gw_wait "$gw_child"
  gw_child=''
  rm -f -- "work/./$1"
  [ "$gw_rc" -ne 0 ] || return 0
  gw_hear said
  gw_fail 13 input_failed file "$1" text "${gw_text:-tar: status $gw_rc}"
}
