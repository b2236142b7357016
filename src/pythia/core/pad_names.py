"""Names of pads and of their templates."""

from __future__ import annotations

import re


def matches(template_name: str, name: str) -> bool:
    """Tell whether ``name`` is one that the template makes: ``sink_0`` fits ``sink_%u``."""
    pattern = re.sub(r"%[ud]", r"\\d+", re.escape(template_name)).replace("%s", ".+")
    return name == template_name or re.fullmatch(pattern, name) is not None
