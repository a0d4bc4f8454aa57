# HTCondor's commands as the scripts of sites/batch want them. The schedd is that of the submit host, or elsewhere (gw_schedd,
# gw_pool; gw_at: both as options): then files are spooled there, and what attempts leave is fetched. Worker nodes need no shared
# file system: wrappers travel with HTCondor's own file transfer.

gw_submit() {
  gw_submission || return
  gw_range=$(condor_submit -terse ${gw_schedd:+-remote $gw_schedd} ${gw_pool:+-pool $gw_pool} submit) || return
  echo "${gw_range%%.*}.%"
}

# Do all worker nodes say that they have our files and our accounts? One where that proved wrong ends it (see gw_states).
gw_is_shared() {
  [ -z "$gw_schedd" ] && [ ! -e ../apart ] || return
  gw_ours="$(condor_config_val FILESYSTEM_DOMAIN) $(condor_config_val UID_DOMAIN)" || return
  [ "$(condor_status ${gw_pool:+-pool $gw_pool} -af FileSystemDomain UidDomain | sort -u)" = "$gw_ours" ]
} 2>/dev/null

gw_named() {
  for gw_one; do
    # the submission was cut off while its files were on their way: it can never start
    [ -z "$gw_schedd" ] || gw_unspooled=$(condor_q $gw_at -constraint "GridwmsBatch == \"$gw_one\" && HoldReasonCode == 16" -af ClusterId) || return
    if [ -n "${gw_unspooled-}" ]; then
      condor_rm $gw_at -constraint "GridwmsBatch == \"$gw_one\"" >&2 || return
      continue
    fi
    gw_found=$(condor_q $gw_at -constraint "GridwmsBatch == \"$gw_one\"" -af ClusterId) || return
    # those that ended are in the history alone; and so are those that were removed as above
    [ -n "$gw_found" ] || gw_found=$(condor_history $gw_at -constraint "GridwmsBatch == \"$gw_one\"${gw_schedd:+ && StageInFinish =!= undefined}" -limit 1 -af ClusterId) || return
    [ -z "$gw_found" ] || echo "$gw_one $(echo "$gw_found" | head -n 1).%"
  done
}

gw_begun='ifThenElse(JobStatus == 2 && JobDisconnectedDate =!= undefined, "cut", ifThenElse(NumJobStarts > 0, 2, 1))'

# The last column but one: 2 when it has been started, 1 when not, "lost" when the startd that had it is no more.
gw_states() {
  # brings what they left, and lets them leave the queue
  [ -z "$gw_schedd" ] || condor_transfer_data $gw_at -constraint \
    'GridwmsBatch =!= undefined && JobStatus == 4 && (StageOutFinish =?= undefined || StageOutFinish == 0)' >/dev/null 2>&1
  gw_all=$(condor_q $gw_at -constraint 'GridwmsBatch =!= undefined' -af ClusterId ProcId JobStatus EnteredCurrentStatus \
    HoldReasonCode RemoteHost "$gw_begun" HoldReason) || return
  # held because there is no directory for them: these worker nodes share nothing, whatever they say
  [ ! -d "$gw_root" ] || [ -z "$(printf '%s\n' "$gw_all" | awk '$3 == 5 && $5 == 14')" ] || : >"$gw_root/apart"
  # of those whose startd is out of reach: has another one been started there since they began?
  gw_cut=$(printf '%s\n' "$gw_all" | awk '$7 == "cut" { found = 1 } END { print found }')
  [ -z "$gw_cut" ] || gw_cut=$(condor_status ${gw_pool:+-pool $gw_pool} -af Machine DaemonStartTime)
  printf '%s\n' "$gw_cut" "" "$gw_all" | awk '
    !jobs { if (NF == 2 && (!($1 in since) || $2 < since[$1])) since[$1] = $2; jobs = $0 == ""; next }
    $7 == "cut" { host = $6; sub(/.*@/, "", host); if (since[host] > $4) $7 = "lost" }
    { print }'
}

gw_history() {
  sed 's/\..*//' | sort -u | while read -r gw_cluster; do
    condor_history $gw_at -constraint "ClusterId == $gw_cluster" -af ClusterId ProcId JobStatus EnteredCurrentStatus \
      'ifThenElse(ExitBySignal =?= true, -ExitSignal, 0)' LastRemoteHost LastJobStatus RemoveReason 2>/dev/null
  done
  return 0
}

gw_cancel() {
  gw_ids=$(cat)
  [ -n "$gw_ids" ] || return 0
  gw_said=$(printf '%s\n' "$gw_ids" | xargs -n 1000 condor_rm $gw_at 2>&1) && return
  # that some are over is no error
  if printf '%s\n' "$gw_said" | gw_is_doubt; then
    gw_say "$gw_said"
    return 1
  fi
}

gw_wishes() { condor_q $gw_at -constraint "$gw_unanswered" -af GridwmsBatch ProcId GridwmsWish; }

gw_answer() { condor_qedit $gw_at -forward -constraint "$1" GridwmsAnswer "$2" >&2; }

gw_describe() {
  echo '+version'
  condor_version || return
  echo '+slots'
  gw_all=$(condor_status ${gw_pool:+-pool $gw_pool} -af State Cpus TotalCpus Memory Machine) || return
  [ -z "$gw_all" ] || printf '%s\n' "$gw_all"
  echo '+jobs'
  gw_all=$(condor_q $gw_at -allusers -af JobStatus) || return
  [ -z "$gw_all" ] || printf '%s\n' "$gw_all" | sort | uniq -c
}
