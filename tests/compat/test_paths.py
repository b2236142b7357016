"""Missing files of NVIDIA's are found among the samples; nothing else is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pythia import samples
from pythia.compat import paths

OPT = "/opt/nvidia/deepstream/deepstream"
DETECTOR = "resnet18_trafficcamnet_pruned.onnx"
TYPES, MAKES = "resnet18_vehicletypenet_pruned.onnx", "resnet18_vehiclemakenet_pruned.onnx"


@pytest.mark.parametrize(
    ("missing", "sample"),
    [
        (f"{OPT}/samples/streams/sample_720p.mp4", "sample_720p.mp4"),
        (f"{OPT}-7.1/samples/streams/sample_1080p_h264.mp4", "sample_720p.mp4"),
        (f"{OPT}/samples/streams/sample_ride_bike.mov", "sample_720p.mp4"),
        (f"{OPT}/samples/streams/sample_industrial.jpg", "sample_720p.jpg"),
        (f"/home/me/samples/models/Primary_Detector/{DETECTOR}", DETECTOR),
        (
            "/x/y/../samples/models/Primary_Detector/labels.txt",
            "models/Primary_Detector/labels.txt",
        ),
        ("/x/samples/models/Primary_Detector/resnet10.caffemodel", DETECTOR),
        ("/x/samples/models/trafficcamnet/resnet18_trafficcamnet.etlt.onnx", DETECTOR),
        ("/x/samples/models/Secondary_CarColor/carcolor.onnx", "carcolor.onnx"),
        ("/x/samples/models/Secondary_VehicleTypes/resnet18_vehicletypenet.etlt", TYPES),
        (f"/x/samples/models/Secondary_VehicleTypes/{TYPES}", TYPES),
        ("/x/samples/models/Secondary_CarMake/resnet18.caffemodel", MAKES),
        (
            "/x/samples/models/Secondary_VehicleTypes/labels.txt",
            "models/Secondary_VehicleTypes/labels.txt",
        ),
        (
            "/x/samples/models/Secondary_CarMake/labels.txt",
            "models/Secondary_VehicleMake/labels.txt",
        ),
        (
            f"{OPT}/samples/configs/deepstream-app/config_infer_secondary_vehicletypes.yml",
            "config_infer_secondary_vehicletypes.txt",
        ),
        (
            f"{OPT}/sources/apps/sample_apps/deepstream-test2/dstest2_sgie1_config.txt",
            "config_infer_secondary_vehiclemake.txt",
        ),
        (
            f"{OPT}/samples/configs/deepstream-app/config_infer_primary.yml",
            "config_infer_primary.txt",
        ),
        (
            f"{OPT}/samples/configs/deepstream-app/config_tracker_of_a_later_version.yml",
            "config_tracker_NvSORT.yml",
        ),
        (
            f"{OPT}/sources/apps/sample_apps/deepstream-test1/dstest1_pgie_config.yml",
            "config_infer_primary.txt",
        ),
        (
            f"{OPT}/sources/apps/sample_apps/deepstream-test4/dstest4_msgconv_config.yml",
            "config_msgconv.txt",
        ),
        (
            f"{OPT}/sources/apps/sample_apps/deepstream-test5/configs/"
            "dstest5_msgconv_sample_config.txt",
            "config_msgconv.txt",
        ),
    ],
)
def test_a_missing_file_has_its_sample(missing: str, sample: str) -> None:
    assert paths.stand_in(Path(missing)) == samples.path(sample)


@pytest.mark.parametrize(
    "missing",
    [
        "/home/me/video.mp4",
        "/home/me/streams/sample_720p.mp4",
        f"{OPT}/sources/libs/kafka_protocol_adaptor/cfg_kafka.txt",
        f"{OPT}/lib/libnvds_nvmultiobjecttracker.so",
        f"{OPT}/samples/models/Segmentation/semantic/unet.uff",
        "/x/samples/models/tao_pretrained_models/peopleNet/resnet34_peoplenet_int8.onnx",
    ],
)
def test_other_missing_files_stay_missing(missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert paths.stand_in(Path(missing)) is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        (
            "apps/sample_apps/deepstream-test4/dstest4_msgconv_config.yml",
            "src/apps/sample_apps/deepstream-test4/dstest4_msgconv_config.yml",
        ),
        (
            "libs/kafka_protocol_adaptor/cfg_kafka.txt",
            "src/utils/nvds_msgapi/kafka_protocol_adaptor/cfg_kafka.txt",
        ),
        (
            "libs/azure_protocol_adaptor/module_client/cfg_azure.txt",
            "src/utils/nvds_msgapi/azure_protocol_adaptor/module_client/cfg_azure.txt",
        ),
        ("libs/nvmsgbroker/cfg.txt", "src/utils/nvmsgbroker/cfg.txt"),
        (
            "utils/nvds_msgapi/kafka_protocol_adaptor/cfg_kafka.txt",
            "sources/libs/kafka_protocol_adaptor/cfg_kafka.txt",
        ),
        ("utils/nvmsgbroker/cfg.txt", "sources/libs/nvmsgbroker/cfg.txt"),
    ],
)
def test_a_file_of_nvidias_sources_is_taken_from_the_programs_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, there: str
) -> None:
    config, program = tmp_path / there, tmp_path / there.split("/")[0] / "service-maker/python"
    for folder in (config.parent, program):
        folder.mkdir(parents=True)
    config.touch()
    monkeypatch.setattr(sys, "path", [str(program)])

    assert paths.stand_in(Path(f"{OPT}/sources/{asked}")) == config


def test_a_bare_stream_is_made_of_the_bundled_video_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    made = paths.stand_in(Path(f"{OPT}/samples/streams/sample_720p.h264"))

    assert made is not None
    assert made.is_relative_to(tmp_path)
    assert made.read_bytes()[:5] in (b"\0\0\0\1\x09", b"\0\0\0\1\x67")
    changed = made.stat().st_mtime_ns
    assert paths.stand_in(Path(f"{OPT}/samples/streams/sample_qHD.h264")) == made
    assert made.stat().st_mtime_ns == changed
