"""Texts of one's own that a probe hung on a frame, for the messages of ``msg2p-newapi``."""

from __future__ import annotations

from pythia.meta.types import CUSTOM_MSG_BLOB, FrameMeta


def custom_messages(frame: FrameMeta) -> list[str]:
    """The custom messages of a frame, each cut to the ``size`` in bytes that it tells."""
    found = []
    for user in frame.frame_user_meta_list:
        if user.base_meta.meta_type == CUSTOM_MSG_BLOB:
            text = user.user_meta_data.message
            data = text.encode() if isinstance(text, str) else bytes(text)
            found.append(data[: user.user_meta_data.size].decode(errors="replace"))
    return found
