#!/bin/sh
# Installs the packages of the given lists, and leaves neither lists nor caches behind.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Codecs are deleted from NVIDIA's images; this script of theirs puts them back.
additional=/opt/nvidia/deepstream/deepstream/user_additional_install.sh
if [ -f "$additional" ] && [ ! -e "$additional.done" ]; then
    bash "$additional"
    touch "$additional.done"
fi

apt-get update -qq
# shellcheck disable=SC2046 # a list of names
apt-get install --yes -qq --no-install-recommends $(sed 's/#.*//' "$@") >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/log/apt \
    /var/log/dpkg.log /var/log/alternatives.log /tmp/lists /root/.cache
