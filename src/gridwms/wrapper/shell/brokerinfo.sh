# shellcheck shell=sh disable=SC2154
# .BrokerInfo, and the command that reads it. Only in wrappers of jobs that have one.

gw_after_inputs="$gw_after_inputs gw_tell_broker"

# The file lies where gLite put it; one that the job brought itself stays. A command that the node has is found before ours.
gw_tell_broker() {
  {
    [ -e work/.BrokerInfo ] || (umask 022 && printf '%s\n' "$gw_brokerinfo" >work/.BrokerInfo)
    mkdir bin && printf '%s\n' "$gw_brokerinfo_command" >bin/glite-brokerinfo && chmod 755 bin/glite-brokerinfo
  } 2>said || {
    gw_hear said
    gw_fail 12 work_dir text "${gw_text:-.BrokerInfo cannot be written}"
  }
  gw_path=$gw_dir/work
  export GLITE_WMS_RB_BROKERINFO="$gw_path/.BrokerInfo" PATH="$PATH:$gw_dir/bin"
}
