from __future__ import annotations

from pathlib import Path

import pytest

from pythia.exceptions import ConfigError
from pythia.messages import MessageConfig, read_message_config
from pythia.messages.config import Analytics, Place, Sensor

KEY_FILE = """
[sensor0]
enable=1
type=Camera
id=CAMERA_ID
location=45.5;-75.25;48
description="Right Lane"
coordinate=5.2;10.1;11.2

[place3]
enable=1
id=1
type=garage
name=XYZ
location=30.32;-40.55;100.0
coordinate=1.0;2.0;3.0
place-sub-field1=walsh
place-sub-field2=lane1
place-sub-field3=P2

[analytics0]
enable=1
id=M1
description=Detection
source=OpenALR
version=1.0

[sensor1]
enable=0
id=off

[sensor2]
id=also off
"""
YAML_FILE = """
sensor0:
  enable: 1
  type: Camera
  id: CAMERA_ID
  location: 45.5;-75.25;48
  description: '"Right Lane"'
  coordinate: 5.2;10.1;11.2
place3:
  enable: 1
  id: 1
  type: garage
  name: XYZ
  location: 30.32;-40.55;100.0
  coordinate: 1.0;2.0;3.0
  place-sub-field1: walsh
  place-sub-field2: lane1
  place-sub-field3: P2
analytics0:
  enable: 1
  id: M1
  description: Detection
  source: OpenALR
  version: 1.0
sensor1:
  enable: 0
  id: off
"""
GARAGE = MessageConfig(
    {0: Sensor("CAMERA_ID", "Camera", '"Right Lane"', (45.5, -75.25, 48), (5.2, 10.1, 11.2))},
    {3: Place("1", "garage", "XYZ", (30.32, -40.55, 100), (1, 2, 3), "walsh", "lane1", "P2")},
    {0: Analytics("M1", "OpenALR", "Detection", "1.0")},
)


@pytest.mark.parametrize(("name", "text"), [("c.txt", KEY_FILE), ("c.yml", YAML_FILE)])
def test_key_files_and_yaml_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)

    assert read_message_config(file) == GARAGE


def test_a_table_has_a_row_for_each_sensor(tmp_path: Path) -> None:
    file = tmp_path / "cameras.csv"
    file.write_text(
        "camera,id,description,string,f1,f2,f3\n"
        'c0, HWY_20 ,"the ""gate",x, a ,b,c,more,even more,9,10,11\n'
        "c1,HWY_21,,x,,,\n"
    )

    config = read_message_config(file)

    assert config.sensor == {
        0: Sensor("HWY_20", "Camera", '"the ""gate"'),
        1: Sensor("HWY_21", "Camera"),
    }
    assert config.place[0] == Place(
        "Id",
        "building/garage",
        "endeavor",
        place_sub_field1="a",
        place_sub_field2="b",
        place_sub_field3="c",
    )
    assert config.analytics[1] == Analytics(version="1.0")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.txt", "[sensor0]\nenable=1\nlocation=1;2\n", r"\[sensor0\], key location.*'1;2'.*3"),
        ("c.txt", "[sensor0]\nenable=1\ncoordinate=1;b;2\n", r"key coordinate: found '1;b;2'"),
        ("c.txt", "[sensor]\nenable=1\n", r"\[sensor\] has to be \[sensorN\]"),
        ("c.txt", "[place0]\nenable=1\n[place00]\nenable=1\n", r"\[place00\] repeats the number 0"),
        ("c.txt", "what\n", r"c.txt:1: 'what'"),
        ("c.yml", "sensor0: 3\n", r"group 'sensor0' has to be a map"),
        ("c.csv", "header\na,b\n", r"row 1 below the header has 2 columns"),
    ],
)
def test_a_mistake_is_an_error_that_names_it(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    file = tmp_path / name
    file.write_text(text)

    with pytest.raises(ConfigError, match=message):
        read_message_config(file)


@pytest.mark.parametrize("name", ["no.txt", "no.csv", "no.yaml"])
def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} cannot be read: .*No such file"):
        read_message_config(tmp_path / name)


def test_unknown_groups_and_keys_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "c.txt"
    file.write_text("[ds3d::datamap]\na=1\n[sensor0]\nenable=1\ndescripton=x\n")

    config = read_message_config(file)

    assert config.sensor == {0: Sensor()}
    assert "[ds3d::datamap] is ignored" in caplog.text
    assert "did you mean 'description'" in caplog.text
