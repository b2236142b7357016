#!/bin/sh
# Healthy is a program whose file PYTHIA_HEALTH_FILE was written in the last PYTHIA_HEALTH_MAX_AGE_S
# seconds (60): its events, its recording, or one that a probe touches. Without that variable any
# program that runs is healthy.
set -eu
file=${PYTHIA_HEALTH_FILE-}
[ -n "$file" ] || exit 0
[ -e "$file" ] || { echo "$file is not there"; exit 1; }
age=$(($(date +%s) - $(stat --format=%Y -- "$file")))
limit=${PYTHIA_HEALTH_MAX_AGE_S:-60}
[ "$age" -le "$limit" ] || { echo "$file was written $age s ago"; exit 1; }
