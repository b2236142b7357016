"""What the bytes of compressed video say, as far as a decoder's stand-in must know it."""

from __future__ import annotations

_START_CODE = b"\0\0\1"
_HEAD = 65536  # bytes; what stands before the first slice of a picture is far smaller


def is_reference(codec: str, unit: bytes) -> bool:
    """Whether other pictures may be predicted from this one.

    Args:
        codec: ``h264`` or ``h265``.
        unit: one access unit in byte-stream form (ITU-T H.264 annex B, H.265 annex B).
    """
    head = unit[:_HEAD]
    place = head.find(_START_CODE)
    while 0 <= place < len(head) - len(_START_CODE):
        header = head[place + len(_START_CODE)]
        used = _h264_slice(header) if codec == "h264" else _h265_slice(header)
        if used is not None:
            return used
        place = head.find(_START_CODE, place + len(_START_CODE))
    return True


def _h264_slice(header: int) -> bool | None:
    """Whether a NAL unit's picture is a reference (nal_ref_idc); None: it is no slice."""
    kind, importance = header & 0x1F, header >> 5 & 3
    return importance > 0 if 1 <= kind <= 5 else None


def _h265_slice(header: int) -> bool | None:
    """The same for H.265: the even slice types below 16 are never referred to (table 7-1)."""
    kind = header >> 1 & 0x3F
    if kind >= 32:
        return None
    return kind >= 16 or bool(kind & 1)
