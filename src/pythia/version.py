"""The one place that holds the version."""

__version__ = "2.0.0"
