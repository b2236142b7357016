"""What nvdsanalytics says; lists and dicts are copies, to be changed and assigned back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pythia.compat.pyds.strings import text_of
from pythia.compat.pyds.views import UINT, Capsule, View, integer, show, whole
from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo

__all__ = [
    "NvDsAnalyticsFrameMeta",
    "NvDsAnalyticsObjInfo",
]


def _static_cast(cls_of: Callable[[], type[View]]) -> Any:
    def cast(data: Any) -> Any:
        """View what a capsule stands for; addresses are refused."""
        if data is None:
            return None
        if not isinstance(data, Capsule | View):
            raise TypeError(f"cast(): a capsule is needed, not {data!r}")
        return show(cls_of(), data._meta, data._owner)

    return staticmethod(cast)


def _texts(name: str) -> property:
    def read(view: View) -> list[str]:
        return list(getattr(view._meta, name))

    def write(view: View, value: Any) -> None:
        if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
            raise TypeError(f"{name}: a list of str is needed, not {value!r}")
        setattr(view._meta, name, [text_of(item, name) for item in value])

    return property(read, write)


def _text(name: str) -> property:
    def read(view: View) -> str:
        text: str = getattr(view._meta, name)
        return text

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, text_of(value, name))

    return property(read, write)


def _mapping(
    name: str, key: Callable[[Any, str], Any], item: Callable[[Any, str], Any]
) -> property:
    def read(view: View) -> dict[Any, Any]:
        return dict(getattr(view._meta, name))

    def write(view: View, value: Any) -> None:
        if not isinstance(value, dict):
            raise TypeError(f"{name}: a dict is needed, not {value!r}")
        setattr(view._meta, name, {key(k, name): item(v, name) for k, v in value.items()})

    return property(read, write)


def _number(value: Any, name: str) -> int:
    return whole(value, *UINT, name)


def _state(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name}: a bool is needed, not {value!r}")
    return value


class NvDsAnalyticsObjInfo(View, kind=PortableAnalyticsObjInfo):
    """What is true for one object."""

    __slots__ = ()

    cast = _static_cast(lambda: NvDsAnalyticsObjInfo)
    roiStatus = _texts("roiStatus")
    ocStatus = _texts("ocStatus")
    lcStatus = _texts("lcStatus")
    dirStatus = _text("dirStatus")
    objStatus = _text("objStatus")
    unique_id = integer("unique_id", *UINT)


class NvDsAnalyticsFrameMeta(View, kind=PortableAnalyticsFrameMeta):
    """Counts and states of one frame."""

    __slots__ = ()

    cast = _static_cast(lambda: NvDsAnalyticsFrameMeta)
    ocStatus = _mapping("ocStatus", text_of, _state)
    objInROIcnt = _mapping("objInROIcnt", text_of, _number)
    objLCCurrCnt = _mapping("objLCCurrCnt", text_of, _number)
    objLCCumCnt = _mapping("objLCCumCnt", text_of, _number)
    objCnt = _mapping("objCnt", _number, _number)
    unique_id = integer("unique_id", *UINT)
