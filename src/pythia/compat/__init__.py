"""Existing DeepStream programs on the portable runtime, unmodified.

``pythia run SCRIPT`` does all of it from the command line; :func:`install` does it within a program
or a ``conftest.py``, before anything imports ``pyds``.
"""

from pythia.compat.installation import install

__all__ = ["install"]
