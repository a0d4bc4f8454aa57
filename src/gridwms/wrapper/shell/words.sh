# shellcheck shell=sh disable=SC2154
# Words: what is said, and how it is written in URLs.

gw_say() { printf '%s %s\n' "$gw_tag" "$*" >&2; }

# Percent-encodes $1 into gw_encoded. Only names with unusual bytes cost a process.
gw_encode() {
  case $1 in
    *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-]*) ;;
    *)
      gw_encoded=$1
      return
      ;;
  esac
  gw_encoded=''
  for gw_byte in $(printf '%s' "$1" | od -An -v -tx1); do
    gw_encoded=$gw_encoded%$gw_byte
  done
}

# Is $1 a path that a line of the batch and a curl configuration can hold as it is?
gw_plain() {
  case $1 in
    '' | *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-]*) return 1 ;;
  esac
}
