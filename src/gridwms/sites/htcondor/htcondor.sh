# shellcheck shell=sh disable=SC2086,SC2154
# What is said of HTCondor's words in either way to speak to it: commands.sh or bindings.sh, which follows.

gw_is_doubt() {
  grep -v '^nothing was sent:' |
    grep -qiE 'failed to connect|unable to connect|can.t connect|timed out|timeout|communication|failed to commit|disconnect|lost connection|could not find address|no address'
}

gw_is_full() { grep -qiE 'MAX_JOBS_(SUBMITTED|PER_OWNER|PER_SUBMISSION)|exceed.*(limit|maximum)|unknown host|find address of schedd|couldn.t contact|authenticat'; }

gw_id_of() { echo "${1%.*}.%"; }
