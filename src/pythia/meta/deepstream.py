"""The DeepStream provider: the only door to ``pyds``, NVIDIA's Python bindings.

The objects handed out are pyds' own, so that all it offers stays at hand. They are views of memory
that dies with the buffer. The end of a list is None in every version of pyds; its documentation
speaks of StopIteration, so that is understood too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pythia.bindings import HOME, bindings_of
from pythia.exceptions import GstError, MissingDependencyError
from pythia.meta.runtime import deepstream_version
from pythia.meta.types import ANALYTICS_FRAME_META, ANALYTICS_OBJ_META, SEGMENTATION_META

if TYPE_CHECKING:
    from pythia.meta.types import BatchMeta


@lru_cache(maxsize=1)
def _pyds() -> Any:
    try:
        import pyds
    except ImportError as error:
        raise MissingDependencyError(_how_to_get_pyds(str(error))) from error
    if pyds.__name__ != "pyds":  # a look-alike, which cannot read DeepStream's memory
        raise MissingDependencyError(_how_to_get_pyds("not installed"))
    return pyds


def _how_to_get_pyds(found: str) -> str:
    version = deepstream_version()
    bindings = bindings_of(version)
    if bindings is not None:
        how = (
            f"they have version {bindings.pyds}: download pyds-{bindings.pyds}-*.whl from "
            f"{HOME}/releases/tag/v{bindings.pyds} and install it with pip"
        )
    else:
        how = (
            f"if {HOME}/releases has no wheel for it, build them against it, as "
            f"{HOME}/tree/master/bindings says"
        )
    return (
        "metadata of DeepStream is read through NVIDIA's Python bindings 'pyds', which cannot be "
        f"imported ({found}); this is DeepStream {version}; {how}"
    )


def batch_of(address: int) -> BatchMeta | None:
    """The batch metadata of the buffer at a C address, or None."""
    batch: BatchMeta | None = _pyds().gst_buffer_get_nvds_batch_meta(address)
    return batch


def walk(glist: Any, kind: str) -> Iterator[Any]:
    """Each item of a GList, cast to the pyds class named ``kind``.

    The next node is looked up before an item is given out: removing the item frees its node.
    """
    cast = getattr(_pyds(), kind).cast
    while glist is not None:
        item = cast(glist.data)
        try:
            glist = glist.next
        except StopIteration:
            glist = None
        yield item


def batch_objects(batch: Any) -> Iterator[tuple[Any, Any]]:
    """Each object of a batch with its frame; a walk of its own, for one generator costs less."""
    cast = _pyds().NvDsObjectMeta.cast
    for frame in walk(batch.frame_meta_list, "NvDsFrameMeta"):
        node = frame.obj_meta_list
        while node is not None:
            obj = cast(node.data)
            try:
                node = node.next
            except StopIteration:
                node = None
            yield frame, obj


@lru_cache(maxsize=1)
def _analytics_types() -> dict[int, str]:
    number = _pyds().nvds_get_user_meta_type
    return {
        int(number(ANALYTICS_OBJ_META)): "NvDsAnalyticsObjInfo",
        int(number(ANALYTICS_FRAME_META)): "NvDsAnalyticsFrameMeta",
    }


def analytics(glist: Any, kind: str) -> Iterator[Any]:
    """The analytics metadata of class ``kind`` in a list of user metadata."""
    for user in walk(glist, "NvDsUserMeta"):
        if _analytics_types().get(int(user.base_meta.meta_type)) == kind:
            yield getattr(_pyds(), kind).cast(user.user_meta_data)


def class_maps(glist: Any) -> Iterator[Any]:
    """The class maps of the segmentations in a list of user metadata, as int32 copies."""
    pyds = _pyds()
    for user in walk(glist, "NvDsUserMeta"):
        if int(user.base_meta.meta_type) == SEGMENTATION_META:
            meta = pyds.NvDsInferSegmentationMeta.cast(user.user_meta_data)
            yield pyds.get_segmentation_masks(meta)


def measure_buffer_latency(address: int) -> int:
    """How many frames of a buffer DeepStream has measured; it prints what it found itself."""
    return int(_pyds().nvds_measure_buffer_latency(address))


@contextmanager
def surface(address: int, batch_id: int) -> Iterator[Any]:
    """The pixels of one frame as H x W x 4 uint8 RGBA, a view valid inside the ``with`` block.

    Raises:
        GstError: the surface is not RGBA, or not in memory that the processor sees.
    """
    pyds = _pyds()
    try:
        array = pyds.get_nvds_buf_surface(address, batch_id)
    except RuntimeError as error:
        raise GstError(
            f"the surface of frame {batch_id} cannot be mapped: {error}; put 'nvvideoconvert "
            "nvbuf-memory-type=3 ! video/x-raw(memory:NVMM),format=RGBA' before the probe "
            "(without nvbuf-memory-type on Jetson)"
        ) from error
    try:
        yield array.view()  # may be locked against writing without a trace in pyds' own
    finally:
        pyds.unmap_nvds_buf_surface(address, batch_id)
