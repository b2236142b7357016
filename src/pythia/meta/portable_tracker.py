"""What nvtracker says beside the objects themselves, on the portable runtime.

Past frames, terminated tracks and shadow tracks have one form: a batch of streams, of objects, of
frames. As in ``pyds`` each level is walked with ``list()``. Nothing here changes once it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pythia.meta.portable_osd import PortableRect
from pythia.meta.portable_viewed import Viewed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(slots=True, eq=False)
class PortableTargetFrame(Viewed):
    """A target in one frame [NvDsTargetMiscDataFrame].

    ``tBbox`` is in pixels of the frame and may reach beyond it; ``visibility`` is the share of it
    that lies inside. ``trackerState`` is 1 active, 2 inactive (in the shadow), 3 tentative.
    """

    frameNum: int = 0
    tBbox: PortableRect = field(default_factory=PortableRect)
    confidence: float = 0.0
    age: int = 0
    trackerState: int = 0
    visibility: float = 1.0


@dataclass(slots=True, eq=False)
class PortableTargetObject(Viewed):
    """Frames of one target, oldest first [NvDsTargetMiscDataObject]."""

    uniqueId: int = 0
    classId: int = 0
    objLabel: str = ""
    frames: tuple[PortableTargetFrame, ...] = ()

    @property
    def numObj(self) -> int:
        """How many frames there are."""
        return len(self.frames)

    def list(self) -> Iterator[PortableTargetFrame]:
        """The frames."""
        return iter(self.frames)


@dataclass(slots=True, eq=False)
class PortableTargetStream(Viewed):
    """Targets of one stream [NvDsTargetMiscDataStream]; ``streamID`` is the pad's index."""

    streamID: int = 0
    surfaceStreamID: int = 0
    objects: tuple[PortableTargetObject, ...] = ()

    @property
    def numFilled(self) -> int:
        """How many targets there are."""
        return len(self.objects)

    @property
    def numAllocated(self) -> int:
        """How many there is room for; here as many as there are."""
        return len(self.objects)

    def list(self) -> Iterator[PortableTargetObject]:
        """The targets."""
        return iter(self.objects)


@dataclass(slots=True, eq=False)
class PortableTargetBatch(Viewed):
    """Targets of all streams of a batch [NvDsTargetMiscDataBatch]."""

    streams: tuple[PortableTargetStream, ...] = ()

    @property
    def numFilled(self) -> int:
        """How many streams there are."""
        return len(self.streams)

    @property
    def numAllocated(self) -> int:
        """How many there is room for; here as many as there are."""
        return len(self.streams)

    def list(self) -> Iterator[PortableTargetStream]:
        """The streams."""
        return iter(self.streams)


@dataclass(slots=True, eq=False)
class PortableObjReid(Viewed):
    """The re-identification vector of one object [NvDsObjReid]: float32 ``(featureSize,)``."""

    ptr_host: NDArray[np.float32]

    @property
    def featureSize(self) -> int:
        """How long the vector is."""
        return int(self.ptr_host.shape[-1])

    def get_host_reid_vector(self) -> NDArray[np.float32]:
        """The vector."""
        return self.ptr_host


@dataclass(slots=True, eq=False)
class PortableReidBatch(Viewed):
    """All re-identification vectors of a batch [NvDsReidTensorBatch].

    They are float32 ``(numFilled, featureSize)``.
    """

    ptr_host: NDArray[np.float32]

    @property
    def featureSize(self) -> int:
        """How long each vector is."""
        return int(self.ptr_host.shape[1])

    @property
    def numFilled(self) -> int:
        """How many vectors there are."""
        return int(self.ptr_host.shape[0])
