# shellcheck shell=sh disable=SC2086,SC2154
# What is said of HTCondor's words in either way to speak to it: commands.sh or bindings.sh, which follows.

gw_is_doubt() {
  grep -v '^nothing was sent:' |
    grep -qiE 'failed to connect|unable to connect|can.t connect|timed out|timeout|communication|failed to commit|disconnect|lost connection|could not find address|no address'
}

gw_is_full() { grep -qiE 'MAX_JOBS_(SUBMITTED|PER_OWNER|PER_SUBMISSION)|exceed.*(limit|maximum)|unknown host|find address of schedd|couldn.t contact|authenticat'; }

# The submit file. What users delegated goes to a schedd elsewhere in a directory each, which every task then has.
# Where worker nodes share our files nothing is transferred, and tasks run there; by the file `shared` they know.
gw_submission() {
  sed -n 's/^#CONDOR //p' task >submit
  if grep -q 'gw_share=' task && gw_is_shared; then
    : >shared
    sed -e '/^transfer_/d; /^when_to_/d; s/^should_.*/should_transfer_files = NO/' \
      -e 's|^executable = .*|executable = /bin/sh|; s/^arguments = /&task /' submit >submit.new && mv submit.new submit
  fi
  set -- t*.credentials
  [ -n "$gw_schedd" ] && [ -e "$1" ] || return 0
  for gw_file in w*; do
    gw_file=t${gw_file#w}
    mkdir "$gw_file.own" || return
    for gw_kind in proxy token credentials; do
      [ ! -e "$gw_file.$gw_kind" ] || mv "$gw_file.$gw_kind" "$gw_file.own"
    done
  done
  # shellcheck disable=SC2016
  sed 's/^transfer_input_files = .*/&,t$(Process).own/' submit >submit.new && mv submit.new submit
}

# Running attempts that wait for their token say so in the attribute GridwmsWish, "token TAG INSTANCE EVENT..."; it is laid
# where the scripts look. An answer to another instance than the one that asks now is none.
gw_unanswered='GridwmsBatch =!= undefined && JobStatus == 2 && GridwmsWish =!= undefined &&
  (GridwmsAnswer =?= undefined || !stringListMember(split(GridwmsWish)[2], GridwmsAnswer, " "))'

gw_hear() {
  set -f
  gw_wishes >"$1" || return
  while read -r gw_batch gw_index gw_word gw_tag gw_instance gw_events; do
    [ -e "$gw_batch/w$gw_index" ] || continue
    rm -f "$gw_batch/t$gw_index.answer"
    {
      echo "$gw_word $gw_tag $gw_instance"
      [ -z "$gw_events" ] || printf '%s\n' $gw_events
    } >"$gw_batch/t$gw_index.new" && mv "$gw_batch/t$gw_index.new" "$gw_batch/t$gw_index.wish"
  done <"$1"
  set +f
}

# The answers, fifty jobs of a cluster at a time: the word, and the instances that it is for. HTCondor refuses when none of
# the jobs is there any more; who is there and was not told is heard again.
gw_tell() {
  while read -r gw_batch gw_index gw_answer; do
    gw_read "$gw_batch/t$gw_index.wish"
    gw_instance=${gw_line##* }
    gw_read "$gw_batch/id"
    [ -z "$gw_line" ] || echo "${gw_line%.*} ${gw_answer%% *} $gw_index $gw_instance"
  done | sort | awk '
    $1 " " $2 != last || count == 50 { if (count) print last, tasks, names; count = 0; tasks = $3; names = $4 }
    { last = $1 " " $2; if (count++) { tasks = tasks "," $3; names = names " " $4 } }
    END { if (count) print last, tasks, names }' | while read -r gw_cluster gw_word gw_tasks gw_names; do
    gw_answer "ClusterId == $gw_cluster && stringListMember(string(ProcId), \"$gw_tasks\")" "\"$gw_word $gw_names\"" || :
  done
}

# There is no signal for the script of a task alone: its guard looks every few seconds whether it is still wanted.
gw_nudge() { cat >/dev/null; }

gw_id_of() { echo "${1%.*}.%"; }
