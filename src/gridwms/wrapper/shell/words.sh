# shellcheck shell=sh disable=SC2154
# Words: what is said, and how it is written in URLs.

gw_say() { printf '%s %s\n' "$gw_tag" "$*" >&2; }

# What the program that wrote file $1 said first, into gw_text; without what the loader and locales say of every program.
gw_hear() {
  gw_text=''
  while read -r gw_text; do
    case $gw_text in '' | *'ERROR: ld.so:'* | *setlocale:*) gw_text='' ;; *) return ;; esac
  done <"$1"
} 2>/dev/null

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
