# shellcheck shell=sh disable=SC2154
# Jobs of several processors: the hosts that the site gave, the sandbox on each of them, and the launcher of MPI programs
# (gLite reference §5.3 step 15). Only in wrappers of such jobs.

gw_before_token="$gw_before_token gw_spread"
gw_after_payload="$gw_after_payload gw_gather"
gw_others='' gw_launcher='' gw_kind=''

# The hosts that the batch system gave, a line a processor, from what it tells its jobs; none told: this one.
gw_machines() {
  if [ -r "${PBS_NODEFILE-}" ]; then
    cat "$PBS_NODEFILE"
  elif [ -r "${LSB_DJOB_HOSTFILE-}" ]; then
    cat "$LSB_DJOB_HOSTFILE"
  elif [ -n "${LSB_HOSTS-}" ]; then
    # shellcheck disable=SC2086
    printf '%s\n' $LSB_HOSTS
  elif [ -r "${PE_HOSTFILE-}" ]; then # Grid Engine: host, slots, queue, processors
    while read -r gw_host gw_slots gw_rest; do gw_repeat "$gw_host" "$gw_slots"; done <"$PE_HOSTFILE"
  elif [ -r "${OAR_NODEFILE-}" ]; then
    cat "$OAR_NODEFILE"
  elif [ -n "${SLURM_JOB_NODELIST-}" ] && scontrol show hostnames "$SLURM_JOB_NODELIST" >hosts 2>/dev/null; then
    # one count a host, equal ones as `2(x3)`
    gw_counts=''
    IFS=,
    for gw_item in ${SLURM_TASKS_PER_NODE:-1}; do
      unset -v IFS
      gw_slots=${gw_item%%"("*}
      case $gw_item in
        *"(x"*) gw_item=${gw_item#*"(x"} gw_item=${gw_item%")"} ;;
        *) gw_item=1 ;;
      esac
      while [ "$gw_item" -gt 0 ]; do
        gw_counts="$gw_counts $gw_slots"
        gw_item=$((gw_item - 1))
      done
    done
    unset -v IFS
    # shellcheck disable=SC2086
    set -- $gw_counts
    while read -r gw_host; do
      gw_repeat "$gw_host" "${1:-1}"
      [ $# -eq 0 ] || shift
    done <hosts
  else
    gw_repeat "$gw_node" "$gw_cpus"
  fi
}

gw_repeat() {
  gw_index=0
  while [ "$gw_index" -lt "$2" ]; do
    printf '%s\n' "$1"
    gw_index=$((gw_index + 1))
  done
}

# Writes `machines`, copies what stands in the working directory to the other hosts, and puts the launcher of an MPI job
# in front of its program. A user's own launcher finds the hosts by GRIDWMS_MACHINEFILE.
gw_spread() {
  gw_machines >machines
  export GRIDWMS_MACHINEFILE="$gw_dir/machines" GRIDWMS_CPUS="$gw_cpus"
  while read -r gw_host; do
    case " $gw_node localhost $gw_others " in
      *" $gw_host "* | *" ${gw_host%%.*} "*) ;;
      *) [ "${gw_host%%.*}" = "${gw_node%%.*}" ] || gw_others="$gw_others $gw_host" ;;
    esac
  done <machines
  [ -z "$gw_mpi" ] || gw_find_launcher
  for gw_host in $gw_others; do gw_copy "$gw_host"; done
  [ -z "$gw_mpi" ] || gw_mpi_line
}

# Copies our directory to host $1, unless it sees ours: then there is a file system in common.
gw_copy() {
  gw_say "copies the sandbox to $1"
  : >"shared.$gw_instance"
  # shellcheck disable=SC2086
  tar cf - work ${gw_credentials-} | gw_remote "$1" \
    "umask 077; [ -e '$gw_dir/shared.$gw_instance' ] || { mkdir -p '$gw_dir' && cd '$gw_dir' && tar xf -; }" 2>said &
  gw_child=$!
  gw_wait "$gw_child"
  gw_child=''
  [ "$gw_rc" -ne 0 ] || return 0
  gw_hear said
  gw_text=${gw_text:-status $gw_rc}
  # a launcher of the user's own may have its own way to the hosts
  if [ -n "$gw_mpi" ]; then gw_fail 13 spread_failed host "$1" text "$gw_text"; fi
  gw_notice spread_failed host "$1" text "$gw_text"
}

# Runs shell line $2 on host $1. A home with a quote in its name is none to spread from.
gw_remote() {
  case $gw_dir in *\'*) return 125 ;; esac
  if [ -z "${GRIDWMS_REMOTE_SHELL-}" ] && [ -n "${SLURM_JOB_ID-}" ] && command -v srun >/dev/null; then
    srun --overlap -N1 -n1 -w "$1" sh -c "$2"
    return
  fi
  "${GRIDWMS_REMOTE_SHELL:-ssh}" -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=30 "$1" "$2"
}

# Removes the copies, where they are copies.
gw_gather() {
  for gw_host in $gw_others; do
    gw_remote "$gw_host" "[ -e '$gw_dir/shared.$gw_instance' ] || rm -rf '$gw_dir'" </dev/null >said 2>&1 &
    gw_wait $!
  done
}

# The launcher of programs of kind $gw_mpi (mpich, openmpi; mpi: of either), into gw_launcher and gw_kind.
gw_find_launcher() {
  if [ "$gw_mpi" = mpi ]; then
    # a launcher of the other kind would start so many programs of one rank each
    gw_inside "$gw_executable"
    case $(ldd "$gw_inner" 2>/dev/null) in
      *libopen-* | *libmpi.so.[1-9]0\ *) gw_mpi=openmpi ;;
      *libmpich* | *libmpi.so.12\ *) gw_mpi=mpich ;;
    esac
  fi
  case $gw_mpi in
    openmpi) set -- mpirun.openmpi mpirun /usr/lib64/openmpi/bin/mpirun ;;
    mpich) set -- mpirun.mpich mpiexec.hydra mpirun /usr/lib64/mpich/bin/mpirun ;;
    *) set -- mpirun mpiexec mpirun.openmpi mpirun.mpich mpiexec.hydra ;;
  esac
  for gw_item; do
    gw_launcher=$( (
      gw_environment
      command -v "$gw_item"
    )) || continue
    case $("$gw_launcher" --version 2>&1 </dev/null) in
      *'Open MPI'* | *OpenRTE* | *PRRTE*) gw_kind=openmpi ;;
      *HYDRA* | *Hydra* | *MPICH* | *'Intel(R) MPI'*) gw_kind=mpich ;;
      *) continue ;;
    esac
    case $gw_mpi in mpi | "$gw_kind") return 0 ;; esac
  done
  gw_launcher=$(command -v srun) && [ -n "${SLURM_JOB_ID-}" ] && gw_kind=srun && return 0
  gw_fail 14 mpi_missing kind "$gw_mpi"
}

# The line of the payload, with the launcher before it.
gw_mpi_line() {
  gw_say "launcher: $gw_launcher ($gw_kind)"
  gw_before="'$gw_launcher' -np $gw_cpus"
  case $gw_kind in
    openmpi)
      uniq -c machines | while read -r gw_slots gw_host; do printf '%s slots=%s\n' "$gw_host" "$gw_slots"; done >hostfile
      # it sends no variables to other hosts unless they are named
      for gw_item in $gw_names; do gw_before="$gw_before -x $gw_item"; done
      [ -z "${GRIDWMS_REMOTE_SHELL-}" ] || gw_before="OMPI_MCA_plm_rsh_agent='$GRIDWMS_REMOTE_SHELL' $gw_before"
      # where a site runs jobs as root it means to; the launcher would refuse
      [ "$(id -u)" -ne 0 ] ||
        gw_before="OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 $gw_before"
      gw_before="$gw_before -machinefile ../hostfile"
      ;;
    mpich)
      uniq -c machines | while read -r gw_slots gw_host; do printf '%s:%s\n' "$gw_host" "$gw_slots"; done >hostfile
      [ -z "${GRIDWMS_REMOTE_SHELL-}" ] || gw_before="$gw_before -launcher ssh -launcher-exec '$GRIDWMS_REMOTE_SHELL'"
      gw_before="$gw_before -machinefile ../hostfile"
      ;;
    srun) gw_before="'$gw_launcher' -n $gw_cpus" ;;
  esac
  gw_line="$gw_before $gw_line"
}
