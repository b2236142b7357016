"""``pyservicemaker.signal`` under the name of NVIDIA's compiled part."""

from pythia.compat.pyservicemaker.signal import *  # noqa: F403
