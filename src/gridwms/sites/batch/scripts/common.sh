# shellcheck shell=sh disable=SC2034
# What all scripts at a site share. A dialect (slurm.sh, ...) stands before this, the work after it; $1 is our directory.
#
# <batch>/           attempts that were handed over by one call of the batch system: equal needs, one array
#   tags             "<index> <tag>" a line
#   task             what the batch system runs, for each index; it has no secret
#   id               what the batch system calls the batch; missing while its submission is in doubt
#   w<index>         the wrapper (0600); the attempt is here as long as this is. Emptied when it runs: it holds a secret
#   body             what all its wrappers read, when they are several
#   b.<boot id>      of a worker node: the hour since it was booted, and when that was in hundredths of a second since 1970
#   d<index>         where it works, unless that is on the worker node
#   s<index>         made exclusively by who starts: "<id of the task> <node>"; or "never": it will not start any more. Then lines
#                    "?": it is asked whether it lives; "!": it does
#   y<index>         "<index> <id of the task>" of all that the task of this one runs, itself among them, when it took others; of
#                    those the process of the wrapper and the directory, too
#   x<index>         the exit status of the wrapper, or "-": cancelled before the wrapper began
#   c<index>         it was asked to end
#   o<index>         a tar of the output that could not be sent; when it worked here, d<index>/outputs lists that
#   t<index>.in/     where worker nodes have no network: its inputs, and how it asks for its token:
#   t<index>.wish, t<index>.answer
#   t<index>.proxy, t<index>.token, t<index>.credentials: what its user delegated (0600), renewed while it runs
#   l<index>         what the wrapper said
#   d<index>/events, <tag>*/events: event lines that the wrapper did not send; or, when it did not work here:
#   e<index>         the same
# new.*/             an upload that is not whole, or not yet known

export LC_ALL=C
umask 077
gw_root=$1
shift

# Few batch systems tell it.
command -v gw_nodes >/dev/null || gw_nodes() { :; }

gw_say() { printf '%s\n' "$*" >&2; }

# Into our directory. 1: there is none.
gw_enter() { cd "$gw_root" 2>/dev/null || return; }

# Lines "<batch> <index> <tag>" of those tags in file $1 that any batch holds.
gw_lookup() {
  set -- "$1" */tags
  [ -e "$2" ] || return 0
  awk 'NR == FNR { wanted[$1]; next }
    FNR == 1 { batch = FILENAME; sub("/.*", "", batch) }
    $2 in wanted { print batch, $1, $2 }' "$@"
}

# The first line of file $1 into gw_line; empty when there is none or it is not whole.
gw_read() {
  gw_line=''
  [ -e "$1" ] || return 0
  read -r gw_line <"$1" || gw_line=''
} 2>/dev/null

# See to it that index $2 of batch $1 never starts. 1: somebody has started it.
gw_never() { (set -C && echo never >"$1/s$2") 2>/dev/null; }

# Remove batch $1 when no attempt is left in it. A task of it that should still come finds no directory, and ends.
gw_sweep() {
  set -- "$1" "$1"/w*
  [ -e "$2" ] || rm -rf "${1:?}"
}

# Standard input: lines "TASK BATCH". Ends those that still are what they were: numbers may have been given anew.
gw_end() {
  if command -v gw_ours >/dev/null; then gw_tasks=$(gw_ours) || return; else gw_tasks=$(awk '{ print $1 }'); fi
  [ -z "$gw_tasks" ] || printf '%s\n' "$gw_tasks" | gw_cancel
}
