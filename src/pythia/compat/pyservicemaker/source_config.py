"""Files that describe sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from pythia.compat.pyservicemaker.existing import existing_file
from pythia.exceptions import ConfigError

__all__ = ["CameraInfo", "RecordConfig", "SensorInfo", "SourceConfig"]


class SensorInfo(NamedTuple):
    """A source by address."""

    sensor_id: str
    sensor_name: str
    uri: str


class CameraInfo(NamedTuple):
    """A camera of the machine; what the file does not say is None."""

    camera_type: Any = None
    camera_video_format: Any = None
    camera_width: Any = None
    camera_height: Any = None
    camera_fps_n: Any = None
    camera_fps_d: Any = None
    camera_csi_sensor_id: Any = None
    camera_v4l2_dev_node: Any = None
    gpu_id: Any = None
    nvbuf_mem_type: Any = None
    nvvideoconvert_copy_hw: Any = None


class SourceConfig:
    """The sources of a YAML file: ``source-list`` or ``camera-list``, and ``source-config``."""

    def __init__(self) -> None:
        self.sensor_list: list[SensorInfo] = []
        self.camera_list: list[CameraInfo] = []
        self.source_type: str | None = None
        self.source_properties: dict[str, Any] = {}

    def load(self, config_file: str) -> None:
        """Read a file.

        Raises:
            MissingFileError: there is no such file.
            ConfigError: it is no YAML, or says something of another form.
        """
        document = read_yaml(config_file)
        for row in _rows(document, "source-list", config_file):
            keys = ("sensor-id", "sensor-name", "uri")
            if not row.get("uri"):
                raise ConfigError(f"{config_file}: an entry of source-list has no uri: {row}")
            self.sensor_list.append(SensorInfo(*(row.get(key) or "" for key in keys)))
        for row in _rows(document, "camera-list", config_file):
            fields = {name: row.get(name.replace("_", "-")) for name in CameraInfo._fields}
            self.camera_list.append(CameraInfo(**fields))
        config = document.get("source-config") or {}
        self.source_type = config.get("source-bin")
        self.source_properties = config.get("properties") or {}
        if self.camera_list:
            self.source_type = "camerabin"


def read_yaml(name: str) -> dict[str, Any]:
    """The mapping that a YAML or JSON file holds.

    Raises:
        MissingFileError: there is no such file.
        ConfigError: it holds something else.
    """
    import yaml

    file = existing_file(name, "configuration")
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not YAML: {error}") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{file}: sections are needed, as in 'source-list:'; found {document!r}")
    return document


def _rows(document: dict[str, Any], key: str, file: str) -> list[dict[str, Any]]:
    rows = document.get(key) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"{file}: {key} is a list of entries with keys, not {rows!r}")
    return rows


_CLOUD = ("proto_lib", "conn_str", "msgconv_config_file", "proto_config_file", "topic_list")


@dataclass
class RecordConfig:
    """How sources are recorded.

    ``recording_type`` is ``local``, started by the program, or ``cloud``, started by messages of a
    broker, which the first five fields after it describe. ``rec_cache`` is in seconds,
    ``rec_container`` 0 for MP4 and 1 for MKV, ``rec_mode`` 0 both, 1 video, 2 audio.

    Raises:
        ConfigError: the type is another one, or a field of the broker is missing.
    """

    recording_type: str = "local"
    proto_lib: str | None = None
    conn_str: str | None = None
    msgconv_config_file: str | None = None
    proto_config_file: str | None = None
    topic_list: str | None = None
    rec_cache: int = 20
    rec_container: int = 0
    rec_dir_path: str = "."
    rec_mode: int = 0

    def __post_init__(self) -> None:
        kind = str(self.recording_type).lower()
        if kind not in ("local", "cloud"):
            raise ConfigError(f"recording_type={self.recording_type!r}: local or cloud is right")
        missing = [name for name in _CLOUD if kind == "cloud" and not getattr(self, name)]
        if missing:
            raise ConfigError(f"recording_type='cloud' needs {', '.join(missing)} as well")
