# Speaks HTTP for the wrapper to a service on this machine: a quarter of the cost of starting curl. Standard input and
# output as transport.py. Exit status 90: an answer that it does not understand; curl is to do it.
export LC_ALL=C
trap '' PIPE
IFS= read -r capability
connected=''

connect() {
  [[ $connected == "$1" ]] && return
  { exec 3<>"/dev/tcp/${1%:*}/${1##*:}"; } 2>/dev/null || return
  connected=$1
}

# The whole of file $1 into body, when it is short text; else its size into length.
load() {
  body=''
  [[ -r $1 ]] || { echo 000 && exit 1; } # a payload may have left somebody who removes it
  if IFS= read -r -d '' -n 65537 body <"$1" || ((${#body} > 65536)); then
    body=''
    length=$(wc -c <"$1")
  else
    length=${#body}
  fi
}

# In one write, as echo does and printf does not: between small writes the network would wait 40 ms.
send() {
  local head="$1 $2 HTTP/1.1"$'\r\n'"Host: $connected"$'\r\n'"Authorization: Bearer $capability"$'\r\n'
  body='' length=0
  if [[ $1 != GET ]]; then
    load "$3" || return
    head+="Content-Type: text/plain"$'\r\n'"Content-Length: $length"$'\r\n'
  fi
  head+=$'\r\n'$body
  echo -n "$head" >&3 || return
  if ((${#body} < length)); then head -c "$length" "$3" >&3; fi # not more, if it grows
}

# Reads the head of an answer: code, length, last.
answer() {
  local version line
  code=000 length='' last=''
  IFS=' ' read -r -t 60 -u 3 version code line || { code=000 && return 1; }
  code=${code%$'\r'}
  [[ $version == HTTP/1.[01] && $code == [1-5][0-9][0-9] ]] || exit 90
  while IFS= read -r -t 60 -u 3 line; do
    line=${line%$'\r'}
    case ${line,,} in
      '') return ;;
      content-length:*) length=${line##* } ;;
      connection:*close*) last=1 ;;
      transfer-encoding:*) exit 90 ;;
    esac
  done
  code=000
  return 1
}

# Keeps the body in file $1; empty: it is thrown away.
body() {
  [[ $length == *[!0-9]* || -z $length ]] && exit 90
  ((length == 0)) && { [[ -z $1 ]] || : >"$1"; return; }
  if [[ $1 != reply && -n $1 ]]; then
    head -c "$length" <&3 >"$1" || return
    # nothing more to read: it was not cut, and the connection goes on (some heads read more than they keep, though)
    if [[ -n $last ]] || read -r -t 0 -u 3; then (($(wc -c <"$1") == length)) || return; fi
    last=1
    return
  fi
  local text=''
  IFS= read -r -t 60 -u 3 -N "$length" text || return
  [[ -z $1 ]] || printf '%s' "$text" >>"$1" # it was emptied
}

while read -r method auth file url; do
  [[ -n $method ]] || continue
  [[ $auth == 1 ]] || exit 90 # from elsewhere, perhaps by https
  place=${url#http://}
  code=000
  if connect "${place%%/*}" && { # who refuses may answer before all was sent
    send "$method" "/${place#*/}" "$file"
    answer
  }; then
    case $method$code in
      GET2*) target=$file ;;
      POST*) target=reply ;;
      *) target='' ;;
    esac
    body "$target" || code=000
  fi
  printf '%s\n' "$code"
  [[ $code == 2* ]] || exit 1
  if [[ -n $last ]]; then
    exec 3>&-
    connected=''
  fi
done
exit 0
