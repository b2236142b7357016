"""``pyservicemaker.osd`` under the name of NVIDIA's compiled part."""

from pythia.compat.pyservicemaker.osd import *  # noqa: F403
