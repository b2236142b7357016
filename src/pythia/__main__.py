"""``python -m pythia`` is the command ``pythia``."""

from __future__ import annotations

import sys

from pythia.cli.pythia import main

sys.exit(main())
