#!/bin/sh
# Says what there is, and packs it.
echo "$(wc -l <sorted.txt) numbers, the smallest is $(head -n 1 sorted.txt)" >summary.txt
gzip sorted.txt
