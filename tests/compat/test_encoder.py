"""The object encoder, inside a real probe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pythia import elements
from pythia.compat import pyds
from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch, PortableFrame, PortableObject
from pythia.meta.portable_osd import PortableRect

WIDTH, HEIGHT = 64, 48
Encode = Callable[..., Any]


@pytest.fixture(params=["NV12", "RGBA"])
def in_probe(request: pytest.FixtureRequest) -> Callable[[Callable[[int, Any], None]], None]:
    """Calls a function with the address of a batched buffer and its frame, in a pad probe."""
    elements.register()

    def run(function: Callable[[int, Any], None]) -> None:
        pipeline = Gst.parse_launch(
            f"videotestsrc pattern=red num-buffers=1 ! video/x-raw,format={request.param},"
            f"width={WIDTH},height={HEIGHT} ! identity name=i ! fakesink"
        )
        assert isinstance(pipeline, Gst.Pipeline)
        failures: list[Exception] = []

        def probe(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            address = hash(info.get_buffer())
            try:
                function(address, _frame())
            except Exception as error:
                failures.append(error)
            return Gst.PadProbeReturn.OK

        element = pipeline.get_by_name("i")
        assert element is not None
        pad = element.get_static_pad("src")
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, probe)
        pipeline.set_state(Gst.State.PLAYING)
        bus = pipeline.get_bus()
        assert bus is not None
        message = bus.timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.EOS)
        pipeline.set_state(Gst.State.NULL)
        assert message is not None
        if failures:
            raise failures[0]

    return run


def _frame() -> Any:
    frame = PortableFrame(frame_num=7, source_id=2)
    frame.add_obj(PortableObject(obj_label="car", rect_params=PortableRect(8, 4, 20, 16)))
    batch = PortableBatch()
    batch.add_frame(frame)
    buffer = Gst.Buffer.new()
    carrier.attach(hash(buffer), batch)
    found = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    return pyds.NvDsFrameMeta.cast(found.frame_meta_list.data)


def _args(**values: Any) -> Any:
    args = pyds.NvDsObjEncUsrArgs()
    for name, value in values.items():
        setattr(args, name, value)
    return args


def _object(frame: Any) -> Any:
    return pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)


@pytest.fixture
def context() -> Any:
    handle = pyds.nvds_obj_enc_create_context(0)
    yield handle
    pyds.nvds_obj_enc_destroy_context(handle)


def test_an_object_hangs_its_jpeg_on_itself(in_probe: Encode, context: int) -> None:
    pictures: list[Any] = []

    def probe(address: int, frame: Any) -> None:
        thing = _object(frame)
        args = _args(attachUsrMeta=True)
        assert pyds.nvds_obj_enc_process(context, args, address, thing, frame) is True
        pyds.nvds_obj_enc_finish(context)
        user = pyds.NvDsUserMeta.cast(thing.obj_user_meta_list.data)
        assert user.base_meta.meta_type == pyds.NvDsMetaType.NVDS_CROP_IMAGE_META
        jpeg = pyds.NvDsObjEncOutParams.cast(user.user_meta_data).outBuffer()
        pictures.append(cv2.imdecode(jpeg, cv2.IMREAD_COLOR))

    in_probe(probe)

    assert pictures[0].shape == (16, 20, 3)
    assert np.allclose(pictures[0].mean((0, 1)), (0, 0, 255), atol=4)  # BGR


@pytest.mark.parametrize(
    ("values", "name", "size"),
    [
        ({"isFrame": 1}, "7_2_0_frame_64x48.jpg", (64, 48)),
        ({"objNum": 3}, "7_2_3_car_20x16.jpg", (20, 16)),
        (
            {"scaleImg": 1, "scaledWidth": 10, "scaledHeight": 8},
            "7_2_0_car_10x8.jpg",
            (10, 8),
        ),
        ({"fileNameImg": "mine.jpg"}, "mine.jpg", (20, 16)),
    ],
)
def test_a_file_is_written_with_its_name_and_size(
    values: dict[str, Any],
    name: str,
    size: tuple[int, int],
    in_probe: Encode,
    context: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    args = _args(saveImg=True, **values)

    in_probe(lambda a, f: pyds.nvds_obj_enc_process(context, args, a, _object(f), f))
    pyds.nvds_obj_enc_finish(context)

    (file,) = tmp_path.iterdir()
    picture = cv2.imread(str(file))
    assert picture is not None
    assert (file.name, picture.shape[:2]) == (name, size[::-1])


def test_quality_makes_files_larger(in_probe: Encode, context: int, tmp_path: Path) -> None:
    def probe(address: int, frame: Any) -> None:
        for quality in (5, 100):
            args = _args(saveImg=1, fileNameImg=f"{tmp_path}/{quality}", quality=quality, isFrame=1)
            pyds.nvds_obj_enc_process(context, args, address, None, frame)

    in_probe(probe)
    pyds.nvds_obj_enc_finish(context)

    assert (tmp_path / "100").stat().st_size > (tmp_path / "5").stat().st_size


def test_an_object_outside_of_its_frame_is_not_encoded(in_probe: Encode, context: int) -> None:
    results = []

    def probe(address: int, frame: Any) -> None:
        thing = _object(frame)
        thing.rect_params.left = 500.0
        args = _args(attachUsrMeta=1)
        results.append(pyds.nvds_obj_enc_process(context, args, address, thing, frame))
        results.append(thing.obj_user_meta_list)

    in_probe(probe)

    assert results == [False, None]


def test_an_unknown_handle_encodes_nothing(in_probe: Encode) -> None:
    results = []

    in_probe(
        lambda a, f: results.append(
            pyds.nvds_obj_enc_process(99999, _args(saveImg=1), a, _object(f), f)
        )
    )

    assert results == [False]


def test_a_file_that_cannot_be_written_is_told_by_finish(
    in_probe: Encode, context: int, tmp_path: Path
) -> None:
    args = _args(saveImg=1, fileNameImg=f"{tmp_path}/none/x.jpg")

    in_probe(lambda a, f: pyds.nvds_obj_enc_process(context, args, a, _object(f), f))

    with pytest.raises(FileNotFoundError):
        pyds.nvds_obj_enc_finish(context)


def test_outside_of_a_probe_the_encoder_says_where_it_belongs(context: int) -> None:
    frame = _frame()

    with pytest.raises(RuntimeError, match="pad probe"):
        pyds.nvds_obj_enc_process(context, _args(isFrame=1), 1, None, frame)
