"""Probes of the program's own, by name."""

from pythia.compat.pyservicemaker.plugins import probe, register_probe

__all__ = ["probe", "register_probe"]
