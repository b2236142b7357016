#!/bin/sh
# Installs NVIDIA's Python bindings into /opt/pythia: install-pyds.sh DEEPSTREAM [WHEEL]
# WHEEL is an address; without it the release that belongs to this DeepStream is taken.
set -eu
deepstream=$1 wheel=${2-}
python=${PYTHON:-/opt/pythia/bin/python}
if [ -z "$wheel" ]; then
    wheel=$("$python" -m pythia.bindings "$deepstream")
fi
pip() { "$python" -m pip install --quiet --no-cache-dir --disable-pip-version-check "$@"; }
# What it asks for, PyGObject, is the system's.
pip --no-deps "$wheel"
# It is built for NumPy 1.
pip 'numpy<2'
