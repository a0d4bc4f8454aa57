# shellcheck shell=sh disable=SC2154,SC2016,SC2043
# The clients of GRAM as the scripts of sites/batch want them. They run beside the service, and so does our directory: a GASS
# server of ours gives job managers the files of an attempt and takes back what it leaves. An attempt is a batch of its own.

# The GASS server's address into gw_url; starts it when there is none, or it has the credential of another day. It keeps
# its port, which job managers were told.
gw_serve() {
  if [ -s gass.url ] && read -r gw_pid <gass.pid && kill -0 "$gw_pid" && [ -z "$(find "${X509_USER_PROXY:-/dev/null}" -newer gass.url)" ]; then
    read -r gw_url <gass.url
    return
  fi 2>/dev/null
  ! read -r gw_pid <gass.pid || kill "$gw_pid"
  gw_port=''
  [ ! -s gass.url ] || { read -r gw_url <gass.url && gw_port="-p ${gw_url##*:}"; }
  rm -f gass.url gass.pid
  : >gass.said
  # it takes a moment until a port is free again
  for gw_try in 1 2 3 4 5 6 7 8 9 10; do
    setsid sh -c 'echo $$ >gass.pid; exec globus-gass-server -r -w $1' gass "$gw_port" </dev/null >gass.said 2>&1 &
    for gw_wait in 1 2 3 4 5 6 7 8 9 10; do
      sleep 0.2
      gw_url=$(sed -n 's/^\(https:[^ ]*\).*/\1/p' gass.said)
      [ -z "$gw_url" ] || break 2
      kill -0 "$(cat gass.pid)" || break
    done
  done 2>/dev/null
  [ -n "$gw_url" ] && echo "$gw_url" >gass.url
}

gw_submit() {
  gw_here=$PWD
  cd "$gw_root" && gw_serve || {
    gw_say "the GASS server does not start: $(tail -n 3 "$gw_root/gass.said")"
    return 1
  }
  cd "$gw_here" || return
  gw_in='' gw_out=''
  for gw_file in task w0; do
    gw_in="$gw_in(\"$gw_url$gw_here/$gw_file\" \$(SCRATCH_DIRECTORY)/$gw_file)"
  done
  for gw_file in s0 l0 e0 o0 x0; do
    gw_out="$gw_out(\$(SCRATCH_DIRECTORY)/$gw_file \"$gw_url$gw_here/$gw_file\")"
  done
  {
    echo '&(executable=/bin/sh)(arguments=task)(scratch_dir=$(HOME))(directory=$(SCRATCH_DIRECTORY))'
    echo '(stdout=/dev/null)(stderr=/dev/null)(save_state=yes)'
    echo "(file_stage_in=$gw_in)(file_stage_out=$gw_out)"
    sed -n 's/^#RSL //p' task
  } >rsl
  gw_said=$(globusrun -q -F -r "$gw_contact" -f rsl 2>&1)
  gw_rc=$?
  gw_job=$(printf '%s\n' "$gw_said" | grep -m 1 '^https://')
  [ -z "$gw_job" ] || { echo "$gw_job" && return; }
  gw_say "$gw_said"
  [ "$gw_rc" -ne 0 ]
  return 1
}

# Without an answer that says no it may have been taken.
gw_is_doubt() { ! grep -qiE 'authentication|authorization|credential|proxy|RSL|queue|not supported|invalid|error code (7|9|1[0-9]|2[0-9]|4[0-9])\)|could not (open|listen)|GASS'; }

gw_is_full() { grep -qiE 'GASS server does not start|resource manager.*(busy|limit)|too many'; }

# A gatekeeper tells nobody which jobs it has. One that it has after all finds its wrapper gone, or no token.
gw_named() { :; }

gw_id_of() { echo "$1"; }

# "<job>|<state>", asked for each, eight at a time. Also of those whose exit status is here: the rest may still be coming.
gw_states() {
  gw_enter || return 0
  for gw_file in */id; do
    [ ! -s "$gw_file" ] || cat "$gw_file"
  done | xargs -n 1 -P 8 sh -c 'gw_said=$(globusrun -status "$0" 2>/dev/null) && echo "$0|$gw_said"'
  return 0
}

gw_history() { :; }

gw_cancel() {
  xargs -n 1 -P 8 sh -c 'globusrun -k "$0" >/dev/null 2>&1'
  return 0
}

gw_describe() {
  gw_said=$(globusrun -a -r "$gw_contact" 2>&1) || {
    gw_say "$gw_said"
    return 1
  }
  echo '+jobs'
  gw_states
}
