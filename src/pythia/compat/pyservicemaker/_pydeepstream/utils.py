"""``pyservicemaker.utils`` under the name of NVIDIA's compiled part."""

from pythia.compat.pyservicemaker.utils import *  # noqa: F403
