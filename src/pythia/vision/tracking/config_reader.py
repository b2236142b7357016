"""Reads the tracker's YAML file."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from pythia.exceptions import ConfigError
from pythia.vision.config_file import Groups, read_groups
from pythia.vision.config_values import (
    Reader,
    boolean,
    choice,
    hint,
    integer,
    list_of,
    number,
    path,
    read_keys,
    text,
)
from pythia.vision.missing_file import present
from pythia.vision.tracking.config import (
    SIMPLE_LOCATION,
    BaseConfig,
    DataAssociator,
    ReID,
    StateEstimator,
    TargetManagement,
    TrackerConfig,
    TrajectoryManagement,
    VisualTracker,
)

_log = logging.getLogger("pythia.vision.tracking")

_SHARE = number(0, 1)
_POSITIVE = number(0)
_MAX_TARGETS = 65535

_SECTIONS: dict[str, tuple[type, dict[str, Reader]]] = {
    "BaseConfig": (BaseConfig, {"minDetectorConfidence": number()}),
    "TargetManagement": (
        TargetManagement,
        {
            "maxTargetsPerStream": integer(0, _MAX_TARGETS),
            "minIouDiff4NewTarget": _SHARE,
            "enableBboxUnClipping": boolean,
            "minTrackerConfidence": _SHARE,
            "probationAge": integer(0),
            "maxShadowTrackingAge": integer(0),
            "earlyTerminationAge": integer(0),
            "searchRegionPaddingScale": number(0.1, 10),
            "outputTerminatedTracks": boolean,
            "outputShadowTracks": boolean,
            "maxTrajectoryBufferLength": integer(1),
            "terminatedTrackFilename": text,
        },
    ),
    "TrajectoryManagement": (
        TrajectoryManagement,
        {
            "useUniqueID": boolean,
            "enableReAssoc": boolean,
            "minMatchingScore4Overall": _SHARE,
            "minTrackletMatchingScore": _SHARE,
            "minMatchingScore4ReidSimilarity": _SHARE,
            "matchingScoreWeight4TrackletSimilarity": _POSITIVE,
            "matchingScoreWeight4ReidSimilarity": _POSITIVE,
            "minTrajectoryLength4Projection": integer(0),
            "prepLength4TrajectoryProjection": integer(0),
            "trajectoryProjectionLength": integer(0),
            "maxAngle4TrackletMatching": number(0, 180),
            "minSpeedSimilarity4TrackletMatching": _SHARE,
            "minBboxSizeSimilarity4TrackletMatching": _SHARE,
            "maxTrackletMatchingTimeSearchRange": integer(0),
            "trajectoryProjectionProcessNoiseScale": _POSITIVE,
            "trajectoryProjectionMeasurementNoiseScale": _POSITIVE,
            "trackletSpacialSearchRegionScale": _POSITIVE,
            "reidExtractionInterval": integer(-1),
        },
    ),
    "DataAssociator": (
        DataAssociator,
        {
            "associationMatcherType": choice(0, 1),
            "checkClassMatch": boolean,
            "usePrediction4Assoc": boolean,
            "minMatchingScore4Overall": number(0),
            "minMatchingScore4SizeSimilarity": _SHARE,
            "minMatchingScore4Iou": _SHARE,
            "minMatchingScore4VisualSimilarity": _SHARE,
            "minMatchingScore4ReidSimilarity": _SHARE,
            "matchingScoreWeight4Iou": _POSITIVE,
            "matchingScoreWeight4SizeSimilarity": _POSITIVE,
            "matchingScoreWeight4VisualSimilarity": _POSITIVE,
            "matchingScoreWeight4ReidSimilarity": _POSITIVE,
            "tentativeDetectorConfidence": number(),
            "minMatchingScore4TentativeIou": _SHARE,
            "thresholdMahalanobis": number(),
        },
    ),
    "StateEstimator": (
        StateEstimator,
        {
            "stateEstimatorType": choice(0, 1, 2, 3),
            "processNoiseVar4Loc": _POSITIVE,
            "processNoiseVar4Size": _POSITIVE,
            "processNoiseVar4Vel": _POSITIVE,
            "measurementNoiseVar4Detector": _POSITIVE,
            "measurementNoiseVar4Tracker": _POSITIVE,
            "noiseWeightVar4Loc": number(),
            "noiseWeightVar4Vel": number(),
            "useAspectRatio": boolean,
        },
    ),
    "VisualTracker": (
        VisualTracker,
        {
            "visualTrackerType": choice(0, 1, 2),
            "useColorNames": boolean,
            "useHog": boolean,
            "featureImgSizeLevel": choice(1, 2, 3, 4, 5),
            "featureFocusOffsetFactor_y": number(-0.5, 0.5),
            "filterLr": _SHARE,
            "filterChannelWeightsLr": _SHARE,
            "gaussianSigma": number(0.05),
        },
    ),
    "ReID": (
        ReID,
        {
            "reidType": choice(0, 1, 2, 3),
            "batchSize": integer(1),
            "reidFeatureSize": integer(1),
            "reidHistorySize": integer(1),
            "inferDims": list_of(integer(1), 3),
            "inputOrder": choice(0, 1),
            "colorFormat": choice(0, 1),
            "networkMode": choice(0, 1, 2),
            "offsets": list_of(number(), 3),
            "netScaleFactor": number(),
            "keepAspc": boolean,
            "addFeatureNormalization": boolean,
            "outputReidTensor": boolean,
            "onnxFile": path,
            "modelEngineFile": path,
            "tltEncodedModel": path,
            "uffFile": path,
        },
    ),
}

_NO_EFFECT = {
    "TargetManagement": {"preserveStreamUpdateOrder": "ids always follow the order of streams"},
    "VisualTracker": {
        "vpiBackend4DcfTracker": "there is no VPI here",
        "useHighPrecisionFeature": "features are always floating point",
    },
    "ReID": dict.fromkeys(
        (
            "workspaceSize",
            "useVPICropScaler",
            "calibrationTableFile",
            "tltModelKey",
            "inputBlobName",
            "outputBlobName",
        ),
        "it belongs to TensorRT, VPI or UFF",
    ),
}
"""Keys that are accepted although they change nothing here, and why."""

_REFUSED = {
    "Segmenter": ("segmenterType", "MaskTracker's segmentation network"),
    "PoseEstimator": ("poseEstimatorType", "the body pose network of 3D tracking"),
    "ObjectModelProjection": ("cameraModelFilepath", "3D tracking with a camera model"),
    "MultiViewAssociator": ("multiViewAssociatorType", "tracking over several views"),
    "Communicator": ("communicatorType", "tracking over several views"),
}
"""Sections that the portable runtime lacks: the key that turns them on, and what they are."""


def load_tracker_config(file: str | Path) -> TrackerConfig:
    """The configuration in ``file``.

    Unknown sections and keys are logged as warnings. A section that is missing has its defaults.

    Raises:
        ConfigError: the file or a value in it is wrong, or it asks for what there is not here.
    """
    file = present(Path(file).absolute())
    groups = read_groups(file)
    _refuse(groups, file)
    sections = {
        _snake(name): _section(name, groups[name], file) for name in _SECTIONS if name in groups
    }
    for name in groups:
        if name not in _SECTIONS and name not in _REFUSED:
            _log.warning("%s: unknown section %r is ignored%s", file, name, hint(name, _SECTIONS))
    config = TrackerConfig(file, **sections)
    _check(config)
    return config


def _section(name: str, values: dict[str, str], file: Path) -> Any:
    kind, readers = _SECTIONS[name]
    used = dict(values)
    for key, reason in _NO_EFFECT.get(name, {}).items():
        if used.pop(key, None) is not None:
            _log.debug("%s: %s.%s has no effect: %s", file, name, key, reason)
    # "dataAssociatorType: 0" and the like: DeepStream knows only the one value.
    if used.pop("dataAssociatorType", "0") != "0":
        raise ConfigError(f"{file}: {name}.dataAssociatorType has to be 0, the only type there is")
    read = read_keys(used, readers, name, file)
    return kind(**{_snake(key): value for key, value in read.items()})


def _refuse(groups: Groups, file: Path) -> None:
    for name, (key, what) in _REFUSED.items():
        value = groups.get(name, {}).get(key, "0")
        if value not in ("", "0"):
            raise ConfigError(
                f"{file}: {name}.{key} is {value!r}, but {what} does not run on the portable "
                f"runtime; take the section {name} out"
            )


def _check(config: TrackerConfig) -> None:
    if config.state_estimator.state_estimator_type == SIMPLE_LOCATION:
        raise ConfigError(
            f"{config.file}: StateEstimator.stateEstimatorType 3 (3D tracking with a camera model) "
            "does not run on the portable runtime; it has 0 (none), 1 (simple) and 2 (regular)"
        )


def _snake(key: str) -> str:
    """``minIouDiff4NewTarget`` becomes ``min_iou_diff_for_new_target``."""
    if key == "ReID":
        return "reid"
    words = re.sub(r"4(?=[A-Z])", "For", key)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words).lower()
