"""JPEG files of frames and objects, as pyds' object encoder makes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.compat.pyds import surfaces
from pythia.compat.pyds.core_meta import NvDsFrameMeta, NvDsObjectMeta
from pythia.compat.pyds.strings import label
from pythia.compat.pyds.views import INT, U64, View, integer, meta_of, whole
from pythia.elements.frames import FrameMapper
from pythia.meta.portable import PortableBase, PortableFrame, PortableObject, PortableUser
from pythia.meta.types import CROP_IMAGE_META

__all__ = [
    "NvDsObjEncOutParams",
    "NvDsObjEncUsrArgs",
    "nvds_obj_enc_create_context",
    "nvds_obj_enc_destroy_context",
    "nvds_obj_enc_finish",
    "nvds_obj_enc_process",
]

_FILE_NAME_BYTES = 1024
_QUALITY = 80


def _flag(name: str) -> property:
    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, bool(whole(value, 0, 1, name)))

    return property(lambda view: getattr(view._meta, name), write)


class NvDsObjEncUsrArgs(
    View,
    fields={
        "saveImg": False,
        "attachUsrMeta": False,
        "scaleImg": False,
        "scaledWidth": 0,
        "scaledHeight": 0,
        "fileNameImg": "",
        "objNum": 0,
        "quality": 0,
        "isFrame": False,
        "calcEncodeTime": False,
    },
):
    """What to make: of the object, or with ``isFrame`` of the whole frame.

    ``quality`` is from 1 to 100, 0 is 80. Without ``fileNameImg`` a file is called
    ``frame_stream_object_label_WxH.jpg``, all but the label being numbers.
    """

    __slots__ = ()
    saveImg, attachUsrMeta, scaleImg, isFrame, calcEncodeTime = map(
        _flag, ("saveImg", "attachUsrMeta", "scaleImg", "isFrame", "calcEncodeTime")
    )
    scaledWidth, scaledHeight, objNum, quality = (
        integer(name, *INT) for name in ("scaledWidth", "scaledHeight", "objNum", "quality")
    )
    fileNameImg = label("fileNameImg", _FILE_NAME_BYTES)


class NvDsObjEncOutParams(View, fields={"jpeg": None}):
    """A JPEG that hangs on an object or frame as user metadata of NVDS_CROP_IMAGE_META."""

    __slots__ = ()

    def outBuffer(self) -> NDArray[np.uint8]:
        """The bytes of the JPEG, which may not be changed; empty until the encoder has finished."""
        jpeg = self._meta.jpeg
        return np.frombuffer(jpeg or b"", np.uint8)


class _Context:
    """A thread that encodes, and what it has still to do."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="pyds-encoder")
        self._todo: list[Future[None]] = []

    def enqueue(self, job: Callable[[], None]) -> None:
        self._todo.append(self._worker.submit(job))

    def finish(self) -> None:
        todo, self._todo = self._todo, []
        for future in todo:
            future.result()

    def destroy(self) -> None:
        self._worker.shutdown(wait=True)


_contexts: dict[int, _Context] = {}
_numbers = count(1)
_lock = threading.Lock()


def nvds_obj_enc_create_context(gpu_id: int) -> int:
    """Make an encoder; returns its handle. There is no GPU to choose here."""
    whole(gpu_id, *INT, "nvds_obj_enc_create_context()")
    with _lock:
        handle = next(_numbers)
        _contexts[handle] = _Context()
    return handle


def nvds_obj_enc_process(
    ctx: int, args: Any, gst_buffer: int, obj_meta: Any, frame_meta: Any
) -> bool:
    """Begin to encode a frame, or an object on it, of a buffer (by address); in a pad probe.

    Pixels are copied at once. Metadata is hung on the object or frame at once, its bytes are there
    after :func:`nvds_obj_enc_finish`.

    Returns:
        False for an unknown handle, an address of 0, and an object that has no pixel in its frame.

    Raises:
        RuntimeError: the call was made elsewhere than in a probe.
        TypeError: an argument is of a wrong type; ``obj_meta`` may be None only with ``isFrame``.
    """
    place = "nvds_obj_enc_process()"
    wish = meta_of(args, NvDsObjEncUsrArgs, place)
    address, context = whole(gst_buffer, *U64, place), _contexts.get(ctx)
    frame: PortableFrame = meta_of(frame_meta, NvDsFrameMeta, place)
    obj = None if wish.isFrame else meta_of(obj_meta, NvDsObjectMeta, place)
    if context is None or not address:
        return False
    picture = _picture(address, frame, obj)
    if picture is None:
        return False
    out = NvDsObjEncOutParams() if wish.attachUsrMeta else None
    if out is not None:
        user = PortableUser(PortableBase(CROP_IMAGE_META), out._meta)
        (frame if obj is None else obj).add_user(user)
    file = Path(wish.fileNameImg or _name(wish, frame, obj, picture)) if wish.saveImg else None
    size = (wish.scaledWidth, wish.scaledHeight) if wish.scaleImg else None
    quality = wish.quality or _QUALITY
    data = None if out is None else out._meta
    timed = wish.calcEncodeTime
    context.enqueue(lambda: _encode(picture, size, quality, file, data, timed))
    return True


def nvds_obj_enc_finish(ctx: int) -> None:
    """Wait until everything that was begun is there.

    Raises:
        OSError: a file cannot be written.
    """
    context = _contexts.get(ctx)
    if context is not None:
        context.finish()


def nvds_obj_enc_destroy_context(ctx: int) -> None:
    """End an encoder, after what it has begun."""
    with _lock:
        context = _contexts.pop(ctx, None)
    if context is not None:
        context.destroy()


def _picture(
    address: int, frame: PortableFrame, obj: PortableObject | None
) -> NDArray[np.uint8] | None:
    """A copy of the pixels, BGR; None if there are none."""
    from pythia.vision.boxes import PixelRect
    from pythia.vision.convert import convert
    from pythia.vision.image import new_image

    with FrameMapper(surfaces._format_here()).images(address) as images:
        image = images[frame.batch_id]
        left, top, right, bottom = 0, 0, image.width, image.height
        if obj is not None:
            rect = obj.rect_params
            left, top = max(0, int(rect.left)), max(0, int(rect.top))
            right = min(right, int(rect.left + rect.width))
            bottom = min(bottom, int(rect.top + rect.height))
        if right <= left or bottom <= top:
            return None
        target = new_image("BGR", right - left, bottom - top)
        convert(image, target, source_rect=PixelRect(left, top, right - left, bottom - top))
    return target.planes[0]


def _name(
    wish: Any, frame: PortableFrame, obj: PortableObject | None, picture: NDArray[np.uint8]
) -> str:
    height, width = picture.shape[:2]
    if wish.scaleImg:
        width, height = wish.scaledWidth, wish.scaledHeight
    kind = "frame" if obj is None else obj.obj_label.replace("/", "_")
    return f"{frame.frame_num}_{frame.source_id}_{wish.objNum}_{kind}_{width}x{height}.jpg"


def _encode(
    picture: NDArray[np.uint8],
    size: tuple[int, int] | None,
    quality: int,
    file: Path | None,
    data: Any,
    timed: bool,
) -> None:
    import cv2

    began_s = time.perf_counter()
    scaled = picture if size is None else cv2.resize(picture, size)
    done, jpeg = cv2.imencode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done, "OpenCV writes every BGR picture as JPEG"
    if data is not None:
        data.jpeg = jpeg.tobytes()
    if file is not None:
        file.write_bytes(jpeg.tobytes())
    if timed:
        print(f"Encode time: {(time.perf_counter() - began_s) * 1e3:.3f} ms", flush=True)
