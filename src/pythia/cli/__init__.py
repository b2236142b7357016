"""The command lines ``gst-pylaunch`` and ``pythia``."""
