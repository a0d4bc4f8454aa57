# shellcheck shell=sh disable=SC2154
# The memory that a job used, where its batch system gives it a control group of its own.

# The most that was used at once, in KiB, into gw_usage. Nothing where the group may be shared with others.
gw_memory() {
  [ -n "${SLURM_JOB_ID-}${_CONDOR_SLOT-}${PBS_JOBID-}${JOB_ID-}${LSB_JOBID-}" ] || return 0
  gw_groups=${GRIDWMS_CGROUPS:-/sys/fs/cgroup}
  while IFS=: read -r gw_number gw_control gw_group; do
    case $gw_number/$gw_control in
      0/) gw_peak=$gw_groups$gw_group/memory.peak ;;
      */memory | */*,memory | */memory,*) gw_peak=$gw_groups/memory$gw_group/memory.max_usage_in_bytes ;;
      *) continue ;;
    esac
    if [ "$gw_group" != / ] && read -r gw_bytes <"$gw_peak"; then
      gw_usage="$gw_usage&memory=$((gw_bytes / 1024))"
      return
    fi
  done </proc/self/cgroup
} 2>/dev/null
