#!/bin/sh
# Options alone are for gst-pylaunch: docker run pythia --pipeline-file pipeline.txt
set -eu
case "${1-}" in
-*) set -- gst-pylaunch "$@" ;;
esac
exec "$@"
