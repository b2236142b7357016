"""Errors of pythia that are also what NVIDIA's library raises in the same place."""

from __future__ import annotations

from pythia.exceptions import ConfigError, MissingDependencyError, PipelineError


class NodeError(PipelineError, RuntimeError):
    """A node, pad or property does not exist, or nodes cannot be linked."""


class FlowError(PipelineError, TypeError):
    """A step of a flow does not fit what is before it, or got something it cannot use."""


class MissingFileError(ConfigError, FileNotFoundError):
    """A file that was named does not exist, and nothing stands in for it."""


class UnavailableError(MissingDependencyError, NotImplementedError):
    """Something that needs NVIDIA's hardware or closed libraries."""
