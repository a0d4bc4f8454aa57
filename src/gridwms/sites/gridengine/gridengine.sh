# shellcheck shell=sh
# Grid Engine's commands as the scripts of sites/batch want them.

gw_submit() {
  gw_number=$(qsub -terse task) || return
  gw_number=$(echo "$gw_number" | tail -n 1)
  case $gw_number in *.*) echo "${gw_number%%.*}.%" ;; *) echo "$gw_number" ;; esac
}

gw_is_doubt() {
  grep -qiE 'unable to (contact|send message|connect)|commlib|got no (response|connection)|timed out|timeout|connection|qmaster.*(down|port)'
}

gw_is_full() { grep -qiE 'max_u_jobs|max_jobs|jobs are allowed per user|exceeds? .*limit|limit exceeded'; }

# Jobs as lines "number|task|state|queue@host|name". Plain qstat cuts names, the other form does not.
gw_jobs() {
  gw_all=$(qstat -xml -g d -s prs -u "$1") || return
  printf '%s\n' "$gw_all" | awk -F'[<>]' '
    /<JB_job_number>/ { number = $3 }
    /<JB_name>/ { name = $3 }
    /<state>/ { state = $3 }
    /<queue_name>/ { queue = $3 }
    /<tasks>/ { task = $3 }
    /<\/job_list>/ { print number "|" task "|" state "|" queue "|" name; queue = task = "" }'
}

gw_named() {
  gw_mine=$(gw_jobs "$(id -un)") || return
  for gw_one; do
    gw_found=$(printf '%s\n' "$gw_mine" | awk -F'|' -v name="gw-$gw_one" '$5 == name { print $1 ($2 == "" ? "" : ".%"); exit }')
    # those that ended are in the accounting alone
    [ -n "$gw_found" ] || gw_found=$(qacct -j "gw-$gw_one" 2>/dev/null |
      awk '$1 == "jobnumber" { number = $2 } $1 == "taskid" { print number ($2 == "undefined" ? "" : ".%"); exit }')
    [ -z "$gw_found" ] || echo "$gw_one $gw_found"
  done
}

gw_id_of() {
  case $1 in *.*) echo "${1%.*}.%" ;; *) echo "$1" ;; esac
}

gw_states() {
  gw_mine=$(gw_jobs "$(id -un)") || return
  printf '%s\n' "$gw_mine" | awk '/[|]gw-[a-z2-7]*$/'
}

# Lines "number|task|failed|exit status|host|ended".
gw_history() {
  sed 's/\..*//' | sort -u | while read -r gw_number; do
    qacct -j "$gw_number" 2>/dev/null | awk '
      $1 == "hostname" { host = $2 }
      $1 == "jobnumber" { number = $2 }
      $1 == "taskid" { task = $2 == "undefined" ? "" : $2 }
      $1 == "failed" { $1 = ""; failed = substr($0, 2) }
      $1 == "exit_status" { print number "|" task "|" failed "|" $2 "|" host "|ended" }'
  done
  return 0
}

gw_cancel() {
  gw_ids=$(cat)
  [ -n "$gw_ids" ] || return 0
  gw_said=$(printf '%s\n' "$gw_ids" | xargs -n 1000 qdel 2>&1) && return
  # that some are over is no error
  if printf '%s\n' "$gw_said" | grep -v 'does not exist' | gw_is_doubt; then
    gw_say "$gw_said"
    return 1
  fi
}

gw_describe() {
  echo '+version'
  qstat -help | head -n 1
  echo '+queues'
  gw_all=$(qstat -g c) || return
  printf '%s\n' "$gw_all"
  echo '+hosts'
  gw_all=$(qhost -q) || return
  printf '%s\n' "$gw_all"
  echo '+jobs'
  gw_all=$(gw_jobs '*') || return
  [ -z "$gw_all" ] || printf '%s\n' "$gw_all" | awk -F'|' '{ sub("@.*", "", $4); print ($4 == "" ? "-" : $4) }' | sort | uniq -c
}
