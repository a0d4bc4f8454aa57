#!/bin/sh
# Greets each of its arguments, and leaves a report of where it ran.
for name in "$@"; do
  echo "$GREETING, $name!"
done
sleep 1 # so that there is something to see of a running job
{
  echo "host:      $(hostname)"
  echo "processor: $(uname -m)"
  echo "directory: $(pwd)"
  echo "arguments: $#"
} >report.txt
