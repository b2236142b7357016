from __future__ import annotations

from pathlib import Path

import pytest

from pythia.vision.geometry import Rect
from pythia.vision.preprocess_config import load

_KEY_FILE = """
[property]
enable=1
target-unique-ids=1;2
unique-id=5
process-on-frame=0
operate-on-gie-id=3
network-input-order=1
network-input-shape= 8;544;960;3
network-color-format=1
tensor-data-type=7
tensor-name=input_1:0
processing-width=960
processing-height=544
maintain-aspect-ratio=1
symmetric-padding=1
scaling-filter=0
scaling-pool-memory-type=0
custom-lib-path=/opt/nvidia/lib.so
custom-tensor-preparation-function=CustomTensorPreparation
[user-configs]
pixel-normalization-factor=0.003921568
[group-0]
src-ids=0;1
process-on-roi=1
roi-params-src-0=300;200;700;800;1300;300;600;700
roi-params-src-1=860;300;900;500
roi-color=1;0;0;1
interval=3
[group-1]
src-ids=2
draw-roi=0
operate-on-class-ids=0;4
input-object-min-width=100
"""
_YAML = """
property:
  enable: 1
  target-unique-ids: 1;2
  unique-id: 5
  process-on-frame: 0
  operate-on-gie-id: 3
  network-input-order: 1
  network-input-shape: 8;544;960;3
  network-color-format: 1
  tensor-data-type: 7
  tensor-name: "input_1:0"
  processing-width: 960
  processing-height: 544
  maintain-aspect-ratio: 1
  symmetric-padding: 1
  scaling-filter: 0
  scaling-pool-memory-type: 0
  custom-lib-path: /opt/nvidia/lib.so
  custom-tensor-preparation-function: CustomTensorPreparation
user-configs:
  pixel-normalization-factor: 0.003921568
group-0:
  src-ids: 0;1
  process-on-roi: 1
  roi-params-src-0: 300;200;700;800;1300;300;600;700
  roi-params-src-1: 860;300;900;500
  roi-color: 1;0;0;1
  interval: 3
group-1:
  src-ids: 2
  draw-roi: 0
  operate-on-class-ids: 0;4
  input-object-min-width: 100
"""


@pytest.mark.parametrize(("name", "content"), [("c.txt", _KEY_FILE), ("c.yml", _YAML)])
def test_both_spellings_say_the_same(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)

    config = load(tmp_path / name)

    assert config.target_unique_ids == (1, 2)
    assert (config.unique_id, config.operate_on_gie_id, config.process_on_frame) == (5, 3, False)
    assert (config.network_input_order, config.network_input_shape) == (1, (8, 544, 960, 3))
    assert (config.network_color_format, config.tensor_data_type) == (1, 7)
    assert (config.tensor_name, config.scaling_filter) == ("input_1:0", 0)
    assert config.maintain_aspect_ratio
    assert config.symmetric_padding
    assert config.user_configs == {"pixel-normalization-factor": "0.003921568"}
    first, second = config.groups
    assert first.src_ids == (0, 1)
    assert first.regions == {
        0: (Rect(300, 200, 700, 800), Rect(1300, 300, 600, 700)),
        1: (Rect(860, 300, 900, 500),),
    }
    assert (first.roi_color, first.interval, first.draw_roi) == ((1, 0, 0, 1), 3, True)
    assert (second.draw_roi, second.operate_on_class_ids) == (False, (0, 4))
    assert second.input_object_min_width == 100
    assert config.group_of(1) is first
    assert config.group_of(2) is second
    assert config.group_of(3) is None
    assert config.colour_of(second) == (0, 1, 1, 1)  # of objects


def test_unknown_keys_are_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = _KEY_FILE.replace("interval=3", "intervall=3") + "\n[grp]\n"
    (tmp_path / "c.txt").write_text(content)

    load(tmp_path / "c.txt")

    assert "did you mean 'interval'" in caplog.text
    assert "unknown group [grp]" in caplog.text
