"""A look-alike of ``pyds`` 1.2.0, NVIDIA's Python bindings, over the portable metadata.

Each module says in ``__all__`` which of pyds' names it has.
"""

# ruff: noqa: F403

from __future__ import annotations

from pythia.compat.pyds.analytics import *
from pythia.compat.pyds.core_meta import *
from pythia.compat.pyds.custom import *
from pythia.compat.pyds.display_meta import *
from pythia.compat.pyds.encoder import *
from pythia.compat.pyds.enums import *
from pythia.compat.pyds.glist import *
from pythia.compat.pyds.inference import *
from pythia.compat.pyds.latency import *
from pythia.compat.pyds.messages import *
from pythia.compat.pyds.meta_lists import *
from pythia.compat.pyds.meta_types import *
from pythia.compat.pyds.osd import *
from pythia.compat.pyds.pools import *
from pythia.compat.pyds.strings import *
from pythia.compat.pyds.surfaces import *
from pythia.compat.pyds.tracker import *
from pythia.compat.pyds.user_data import *

__version__ = "1.2.0"

globals().update(EXPORTED)  # noqa: F405 - members of enumerations are names of the module, too
