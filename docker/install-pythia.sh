#!/bin/sh
# Makes the environment /opt/pythia from the sources in a folder: install-pythia.sh SOURCE EXTRAS
set -eu
source=$1 extras=$2
# With the system's packages: PyGObject is one of them.
/usr/bin/python3 -m venv --system-site-packages /opt/pythia
/opt/pythia/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check \
    "${source}[$extras]"
