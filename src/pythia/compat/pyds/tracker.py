"""Past frames of tracked objects, and their re-identification vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pythia.compat.pyds.osd import NvOSD_RectParams
from pythia.compat.pyds.strings import label
from pythia.compat.pyds.views import (
    U64,
    UINT,
    View,
    capsule_cast,
    integer,
    part,
    read_only,
    real,
    show,
)
from pythia.meta.portable_tracker import (
    PortableObjReid,
    PortableTargetBatch,
    PortableTargetFrame,
    PortableTargetObject,
    PortableTargetStream,
)

__all__ = [
    "NvDsObjReid",
    "NvDsTargetMiscDataBatch",
    "NvDsTargetMiscDataFrame",
    "NvDsTargetMiscDataObject",
    "NvDsTargetMiscDataStream",
]


class _Target(View):
    """Walked with ``list()``; casts take capsules, not addresses."""

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.cast = capsule_cast(cls)


class NvDsTargetMiscDataFrame(_Target, kind=PortableTargetFrame):
    """A target in one frame."""

    __slots__ = ()

    frameNum = integer("frameNum", *UINT)
    tBbox = part("tBbox", NvOSD_RectParams)
    confidence = real("confidence")
    age = integer("age", *UINT)


class NvDsTargetMiscDataObject(_Target, kind=PortableTargetObject):
    """Frames of one target."""

    __slots__ = ()

    numObj = read_only("numObj")
    uniqueId = integer("uniqueId", *U64)
    classId = integer("classId", 0, 2**16 - 1)
    objLabel = label("objLabel")

    def list(self) -> Iterator[Any]:
        """The frames."""
        return (show(NvDsTargetMiscDataFrame, frame, self) for frame in self._meta.frames)


class NvDsTargetMiscDataStream(_Target, kind=PortableTargetStream):
    """Targets of one stream."""

    __slots__ = ()

    streamID = integer("streamID", *UINT)
    surfaceStreamID = integer("surfaceStreamID", *U64)
    numAllocated = read_only("numAllocated")
    numFilled = read_only("numFilled")

    def list(self) -> Iterator[Any]:
        """The targets."""
        return (show(NvDsTargetMiscDataObject, target, self) for target in self._meta.objects)


class NvDsTargetMiscDataBatch(_Target, kind=PortableTargetBatch):
    """Targets of all streams of a batch."""

    __slots__ = ()

    numAllocated = read_only("numAllocated")
    numFilled = read_only("numFilled")

    def list(self) -> Iterator[Any]:
        """The streams."""
        return (show(NvDsTargetMiscDataStream, stream, self) for stream in self._meta.streams)


class NvDsObjReid(_Target, kind=PortableObjReid):
    """The re-identification vector of one object."""

    __slots__ = ()

    _start: ClassVar[dict[str, Any]] = {"ptr_host": np.zeros(0, np.float32)}

    featureSize = read_only("featureSize")

    def get_host_reid_vector(self) -> NDArray[np.float32]:
        """The vector, float32."""
        vector: NDArray[np.float32] = self._meta.get_host_reid_vector()
        return vector
