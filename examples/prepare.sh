#!/bin/sh
# Writes as many numbers as asked for, in no good order.
count=$1
while [ "$count" -gt 0 ]; do
  echo $((count * 7919 % 1000))
  count=$((count - 1))
done >numbers.txt
