# shellcheck shell=sh
# Slurm's commands as the scripts of sites/batch want them. Columns instead of --json: they are the same in all versions.

export SLURM_TIME_FORMAT=%s SLURM_BITSTR_LEN=0

gw_submit() {
  # jobs get the environment of sbatch, and the locale of ours is none of theirs
  gw_number=$(unset -v LC_ALL SLURM_TIME_FORMAT SLURM_BITSTR_LEN && sbatch --parsable task) || return
  gw_number=${gw_number%%;*}
  if grep -q '^#SBATCH --array' task; then echo "${gw_number}_%"; else echo "$gw_number"; fi
}

gw_is_doubt() {
  grep -qiE 'unable to contact|timed out|time-?out|connection|communication|transmitted|receive_msg|standby mode|backup controller|interrupted'
}

gw_is_full() {
  grep -qiE 'MaxSubmitJob|MaxJobCount|temporarily unable|temporarily unavailable|maximum number of jobs|pending job limit'
}

gw_named() {
  gw_wanted=$(printf 'gw-%s\n' "$@")
  gw_all=$(squeue -h -t all -u "$(id -un)" -o '%j|%F|%K') || return
  gw_names=$(echo "$gw_wanted" | tr '\n' ',')
  gw_past=$(sacct -X -n -P -S now-7days --name="${gw_names%,}" -o JobName,JobID 2>/dev/null)
  printf '%s\n' "$gw_all" "$gw_past" | awk -F'|' -v wanted="$gw_wanted" '
    BEGIN { split(wanted, names, "\n"); for (i in names) want[names[i]] }
    $1 in want && !done[$1]++ {
      id = $2
      if (NF == 3) { if ($3 != "N/A") id = id "_%" } else if (sub("_.*", "", id)) id = id "_%"
      print substr($1, 4), id
    }'
}

gw_id_of() {
  case $1 in *_*) echo "${1%_*}_%" ;; *) echo "$1" ;; esac
}

gw_states() {
  gw_all=$(squeue -h -r -t all -u "$(id -un)" -o '%F|%K|%T|%S|%e|%r|%N|%j') || return
  printf '%s\n' "$gw_all" | awk '/[|]gw-[a-z2-7]*$/'
}

# When slurmd was started, of the nodes that gw_states has just shown with one of ours. A bound, for the command line.
gw_nodes() {
  gw_all=$(printf '%s\n' "$gw_all" | awk -F'|' '$3 == "RUNNING" && $8 ~ /^gw-/ && !seen[$7]++ { print $7 }' | head -n 1000)
  [ -n "$gw_all" ] || return 0
  scontrol -o show node "$(printf '%s\n' "$gw_all" | tr '\n' ',')" 2>/dev/null |
    sed -n 's/^NodeName=\([^ ]*\) .* SlurmdStartTime=\([0-9]*\) .*/+node \1 \2/p'
}

# Asked by whole arrays; the days bound what accounting has to search.
gw_history() {
  sed 's/_.*//' | sort -u | xargs -n 1000 | tr ' ' ',' | while read -r gw_ids; do
    sacct -X -n -P -S now-30days -j "$gw_ids" -o JobID,State,Start,End,NodeList,JobName 2>/dev/null
  done
  return 0
}

gw_ours() {
  gw_wanted=$(cat)
  [ -n "$gw_wanted" ] || return 0
  gw_all=$(squeue -h -r -u "$(id -un)" -o '%F|%K|%j') || return
  printf '%s\n' "$gw_wanted" "$gw_all" | awk -F'|' '
    NF == 3 { here[($2 == "N/A" ? $1 : $1 "_" $2) " " substr($3, 4)]; next }
    { wanted[$0] }
    END { for (one in wanted) if (one in here) { sub(" .*", "", one); print one } }'
}

# Tasks of an array in one word, 500 at most, so that the controller is asked once for all of them.
gw_cancel() {
  gw_ids=$(awk -F_ 'NF != 2 { print; next }
    { count[$1]++; part = $1 "_[" int((count[$1] - 1) / 500); if (part in of) of[part] = of[part] "," $2; else of[part] = $2 }
    END { for (part in of) { split(part, id, "_"); print id[1] "_[" of[part] "]" } }')
  [ -n "$gw_ids" ] || return 0
  gw_said=$(printf '%s\n' "$gw_ids" | xargs -n 100 scancel -Q 2>&1) && return
  # that some are over is no error
  if printf '%s\n' "$gw_said" | grep -vi 'invalid job id' | gw_is_doubt; then
    gw_say "$gw_said"
    return 1
  fi
}

# Has the tasks look whether what they run now is to end.
gw_nudge() {
  xargs -n 1000 scancel -Q --batch --signal=USR1 2>/dev/null
  return 0
}

gw_describe() {
  echo '+config'
  scontrol show config | grep -E '^(ClusterName|SLURM_VERSION) ' || return
  echo '+queues'
  sinfo -h -o '%R|%a|%l|%C|%c|%m|%D' || return
  echo '+jobs'
  gw_all=$(squeue -h -r -t PD,R,CF,CG -o '%P|%T') || return
  [ -z "$gw_all" ] || printf '%s\n' "$gw_all" | awk -F'|' '{ n = split($1, q, ","); for (i = 1; i <= n; i++) count[q[i] "|" $2]++ }
    END { for (one in count) print one "|" count[one] }'
}
