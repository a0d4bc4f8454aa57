# shellcheck shell=sh
# The commands of PBS as the scripts of sites/batch want them, of both families: Torque, and PBS Professional or OpenPBS.

# 0: PBS Professional; 1: Torque. It tells its version as "pbs_version = ...", Torque as "Version: ...".
gw_is_pro() {
  [ -n "${gw_pro-}" ] || gw_pro=$(qstat --version 2>&1 | grep -c '^pbs_version')
  [ "$gw_pro" -gt 0 ]
}

# The lines of either family are in the task; qsub gets those of its own.
gw_submit() {
  gw_mark=TORQUE
  ! gw_is_pro || gw_mark=PRO
  sed "s/^#$gw_mark /#PBS /" task >submit
  gw_number=$(qsub submit) || return
  echo "$gw_number" | tail -n 1 | sed 's/\[\]/[%]/'
}

gw_is_doubt() {
  grep -qiE 'cannot connect|connection|communication|timed out|timeout|end of file|premature end|no server|not reach|pbs_iff|lost|interrupted|busy'
}

gw_is_full() { grep -qiE 'maximum number of jobs|would exceed|exceed.*limit.*(queue|job)|max_(queued|user_queuable)|queuable'; }

# Jobs as lines "id|state|host|exit status|name|comment". The long form is wrapped at 79 columns, with a tab before what goes on.
gw_rows() {
  awk '
    function tell() { if (id != "") print id "|" v["job_state"] "|" v["exec_host"] "|" v["exit_status"] "|" v["Job_Name"] "|" v["comment"] }
    function value(line) { key = line; sub(/^ +/, "", key); sub(/ = .*/, "", key)
      if (tolower(key) == "exit_status") key = "exit_status"
      sub(/^[^=]* = /, "", line); v[key] = line }
    /^Job Id: / { tell(); split("", v); id = $3; key = ""; next }
    /^\t/ { sub(/^\t/, ""); if (key != "") v[key] = v[key] $0; next }
    /^ +[A-Za-z_.]+ = / { value($0) }
    END { tell() }'
}

# All jobs that are shown. $1 -x: those that ended as well, where PBS keeps a history.
gw_jobs() {
  gw_all=$(qstat "$@" -t -f 2>&1) || {
    printf '%s\n' "$gw_all" | grep -qiE 'unknown job|has finished' || { gw_say "$gw_all"; return 1; }
  }
  printf '%s\n' "$gw_all" | gw_rows
}

gw_named() {
  if gw_is_pro; then gw_mine=$(gw_jobs -x || gw_jobs); else gw_mine=$(gw_jobs); fi || return
  for gw_one; do
    printf '%s\n' "$gw_mine" | awk -F'|' -v name="gw-$gw_one" -v batch="$gw_one" '
      $5 == name { id = $1; sub(/\[[0-9]*\]/, "[%]", id); print batch, id; exit }'
  done
}

gw_id_of() { echo "$1" | sed 's/\[[0-9]*\]/[%]/'; }

gw_states() {
  gw_mine=$(gw_jobs) || return
  printf '%s\n' "$gw_mine" | awk -F'|' '$5 ~ /^gw-[a-z2-7]*$/'
}

gw_history() {
  gw_is_pro || return 0
  sed 's/\[[0-9]*\]/[]/' | sort -u | xargs -n 200 qstat -x -t -f 2>/dev/null | gw_rows
  return 0
}

gw_cancel() {
  gw_ids=$(cat)
  [ -n "$gw_ids" ] || return 0
  gw_said=$(printf '%s\n' "$gw_ids" | xargs -n 500 qdel 2>&1) && return
  # that some are over is no error
  if printf '%s\n' "$gw_said" | grep -viE 'unknown job|has finished|invalid for state' | gw_is_doubt; then
    gw_say "$gw_said"
    return 1
  fi
}

gw_describe() {
  echo '+version'
  qstat --version 2>&1 | head -n 1
  echo '+queues'
  gw_all=$(qstat -Q -f) || return
  printf '%s\n' "$gw_all"
  echo '+nodes'
  gw_all=$(pbsnodes -a) || return
  # lines "state|processors|used|memory"; Torque tells what runs as "0/12.server, 1-3/13.server", the other family a number
  printf '%s\n' "$gw_all" | awk '
    function tell() { if (node != "") print state "|" total "|" (used == "" ? cores : used) "|" memory }
    /^[^ \t]/ { tell(); node = $1; state = used = memory = ""; total = cores = 0 }
    $1 == "state" { state = $3 }
    $1 == "np" || $1 == "resources_available.ncpus" { total = $3 }
    $1 == "resources_assigned.ncpus" { used = $3 }
    $1 == "resources_available.mem" { memory = $3 }
    $1 == "status" && match($0, /physmem=[0-9]+kb/) { memory = substr($0, RSTART + 8, RLENGTH - 8) }
    $1 == "jobs" {
      sub(/^[^=]*= */, ""); n = split($0, runs, /, */)
      for (i = 1; i <= n; i++) {
        split(runs[i], part, "/")
        if (part[1] ~ /^[0-9]+$/) cores++
        if (part[1] ~ /^[0-9]+-[0-9]+$/) { split(part[1], range, "-"); cores += range[2] - range[1] + 1 }
      }
    }
    END { tell() }'
}
