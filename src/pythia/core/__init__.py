"""Applications, pipelines and probes."""

from pythia.core.application import Application
from pythia.core.pipeline import build
from pythia.core.probe import Probe

__all__ = ["Application", "Probe", "build"]
