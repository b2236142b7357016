"""What nvdsanalytics says of objects and frames on the portable runtime.

Hung on as user metadata under :data:`pythia.meta.types.ANALYTICS_OBJ_META` and
:data:`~pythia.meta.types.ANALYTICS_FRAME_META`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pythia.meta.portable_viewed import Viewed


@dataclass(slots=True, eq=False)
class PortableAnalyticsObjInfo(Viewed):
    """What is true for one object [NvDsAnalyticsObjInfo].

    The lists hold names of rules. ``dirStatus`` and ``objStatus`` are texts for the display, such
    as `` DIR:north `` and `` ROI:gate LC:exit ``.
    """

    roiStatus: list[str] = field(default_factory=list)
    ocStatus: list[str] = field(default_factory=list)
    lcStatus: list[str] = field(default_factory=list)
    dirStatus: str = ""
    objStatus: str = ""
    unique_id: int = 0

    def copy(self) -> PortableAnalyticsObjInfo:
        """An independent copy."""
        return PortableAnalyticsObjInfo(
            list(self.roiStatus),
            list(self.ocStatus),
            list(self.lcStatus),
            self.dirStatus,
            self.objStatus,
            self.unique_id,
        )


@dataclass(slots=True, eq=False)
class PortableAnalyticsFrameMeta(Viewed):
    """Counts and states of one frame by the names of rules [NvDsAnalyticsFrameMeta].

    ``objCnt`` is by class. The keys of the others are the rules of the frame's source that are
    switched on; ``objInROIcnt`` has those of overcrowding, too.
    """

    ocStatus: dict[str, bool] = field(default_factory=dict)
    objInROIcnt: dict[str, int] = field(default_factory=dict)
    objLCCurrCnt: dict[str, int] = field(default_factory=dict)
    objLCCumCnt: dict[str, int] = field(default_factory=dict)
    unique_id: int = 0
    objCnt: dict[int, int] = field(default_factory=dict)

    def copy(self) -> PortableAnalyticsFrameMeta:
        """An independent copy."""
        return PortableAnalyticsFrameMeta(
            dict(self.ocStatus),
            dict(self.objInROIcnt),
            dict(self.objLCCurrCnt),
            dict(self.objLCCumCnt),
            self.unique_id,
            dict(self.objCnt),
        )
