"""Puts in place what programs written for DeepStream expect of the machine."""

from __future__ import annotations

import sys

from pythia import elements
from pythia.compat import look_alikes, paths


def install(*, programs: bool = True) -> None:
    """Make programs written for DeepStream work in this process, as far as it lacks the real thing.

    ``pyds``, ``pyservicemaker`` and ``cuda`` can be imported, also where they are not installed;
    the real ones come first. GStreamer has the elements. Calling it again does nothing.

    Args:
        programs: also find bundled samples in place of files that NVIDIA's programs and
            configurations name and this machine has not, which is said once on standard error for
            each file; from now on, in the whole process.

    Raises:
        GstError: GStreamer refused an element.
    """
    elements.register()  # decides which runtime it is, while only a real pyds is found
    look_alikes.install(sys.meta_path)
    if programs:
        paths.install()
