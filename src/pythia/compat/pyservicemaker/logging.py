"""Loggers under the library's name."""

from __future__ import annotations

import logging

__all__ = ["get_logger"]


def get_logger(name: str) -> logging.Logger:
    """The logger of a module."""
    return logging.getLogger(name)
