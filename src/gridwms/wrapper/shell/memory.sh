# shellcheck shell=sh disable=SC2154
# The memory that a job used, and wanted, where its batch system gives it a control group of its own.

# The group of this job: gw_peak tells the most memory, gw_kills how often a process of it was ended for want of memory.
# Nothing where the group may be shared with others.
gw_find_group() {
  gw_peak='' gw_kills='' gw_killed=0
  [ -n "${SLURM_JOB_ID-}${_CONDOR_SLOT-}${PBS_JOBID-}${JOB_ID-}${LSB_JOBID-}" ] || return 0
  gw_groups=${GRIDWMS_CGROUPS:-/sys/fs/cgroup}
  while IFS=: read -r gw_number gw_control gw_group; do
    case $gw_number/$gw_control in
      0/) gw_item=$gw_groups$gw_group gw_peak=memory.peak gw_kills=memory.events ;;
      */memory | */*,memory | */memory,*)
        gw_item=$gw_groups/memory$gw_group gw_peak=memory.max_usage_in_bytes gw_kills=memory.oom_control
        ;;
      *) continue ;;
    esac
    gw_peak=$gw_item/$gw_peak gw_kills=$gw_item/$gw_kills
    [ "$gw_group" = / ] || { [ ! -r "$gw_peak" ] && [ ! -r "$gw_kills" ]; } || break
    gw_peak='' gw_kills=''
  done </proc/self/cgroup
  gw_count_kills
  gw_killed=$gw_number
} 2>/dev/null

# The most that was used at once, in KiB, into gw_usage.
gw_memory() {
  [ -n "$gw_peak" ] && read -r gw_bytes <"$gw_peak" && gw_usage="$gw_usage&memory=$((gw_bytes / 1024))"
} 2>/dev/null

# So many processes of the group were ended: gw_number.
gw_count_kills() {
  gw_number=0
  [ -n "$gw_kills" ] || return 0
  while read -r gw_item gw_word; do [ "$gw_item" != oom_kill ] || gw_number=$gw_word; done <"$gw_kills"
} 2>/dev/null

# Whether the payload, which ended with status $1, was ended for want of memory. In a group that may have others, too (a batch
# system without groups is in one itself), only what looks like that kill counts.
gw_starved() {
  [ "$1" != 0 ] && [ -n "$gw_kills" ] || return
  gw_count_kills
  gw_killed=$((gw_number - gw_killed))
  [ "$gw_killed" -gt 0 ] || return
  [ "$1" = 137 ] || case $gw_kills in *job_"${SLURM_JOB_ID:-?}"/* | */condor_*@*) ;; *) return 1 ;; esac
}
