#!/bin/sh
# Makes the user that the images run as, and the folders that it writes to.
set -eu
# A number that no base image has given to somebody.
useradd --uid 10001 --user-group --groups video --create-home --shell /bin/bash pythia
# Cameras and decoders behind /dev/dri belong to this group where there is one.
if getent group render >/dev/null; then usermod --append --groups render pythia; fi
for folder in /app /var/lib/pythia /var/cache/pythia; do
    install --directory --owner pythia --group pythia "$folder"
done
