"""The tracker's configuration, complete and typed: one dataclass a section of the file.

Sections, keys, defaults and meanings are those of "Gst-nvtracker" in the DeepStream plugin manual.
A field is named after its key: ``minIouDiff4NewTarget`` is ``min_iou_diff_for_new_target``.
Lengths and variances are in pixels of the tracker's frame, ages in frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

GREEDY, CASCADED = 0, 1
"""Values of ``associationMatcherType``."""

NO_ESTIMATOR, SIMPLE_BBOX, REGULAR_BBOX, SIMPLE_LOCATION = range(4)
"""Values of ``stateEstimatorType``."""

NO_REID, DEEP_SORT, REASSOCIATION, DEEP_SORT_AND_REASSOCIATION = range(4)
"""Values of ``reidType``."""


@dataclass(frozen=True)
class BaseConfig:
    """Which detections are looked at at all."""

    min_detector_confidence: float = 0.0


@dataclass(frozen=True)
class TargetManagement:
    """When targets begin, are reported, and end."""

    max_targets_per_stream: int = 30
    min_iou_diff_for_new_target: float = 0.5
    enable_bbox_un_clipping: bool = False
    min_tracker_confidence: float = 0.6
    probation_age: int = 5
    max_shadow_tracking_age: int = 38
    early_termination_age: int = 2
    search_region_padding_scale: float = 1.0
    output_terminated_tracks: bool = False
    output_shadow_tracks: bool = False
    max_trajectory_buffer_length: int = 1000
    terminated_track_filename: str = ""


@dataclass(frozen=True)
class TrajectoryManagement:
    """Ids, and the return of targets that were lost."""

    use_unique_id: bool = False
    enable_re_assoc: bool = False
    min_matching_score_for_overall: float = 0.4
    min_tracklet_matching_score: float = 0.4
    min_matching_score_for_reid_similarity: float = 0.8
    matching_score_weight_for_tracklet_similarity: float = 1.0
    matching_score_weight_for_reid_similarity: float = 0.0
    min_trajectory_length_for_projection: int = 20
    prep_length_for_trajectory_projection: int = 10
    trajectory_projection_length: int = 90
    max_angle_for_tracklet_matching: float = 40.0
    min_speed_similarity_for_tracklet_matching: float = 0.3
    min_bbox_size_similarity_for_tracklet_matching: float = 0.6
    max_tracklet_matching_time_search_range: int = 20
    trajectory_projection_process_noise_scale: float = 1.0
    trajectory_projection_measurement_noise_scale: float = 1.0
    tracklet_spacial_search_region_scale: float = 0.0
    reid_extraction_interval: int = 0


@dataclass(frozen=True)
class DataAssociator:
    """Which detection belongs to which target."""

    association_matcher_type: int = GREEDY
    check_class_match: bool = True
    use_prediction_for_assoc: bool = False
    min_matching_score_for_overall: float = 0.0
    min_matching_score_for_size_similarity: float = 0.0
    min_matching_score_for_iou: float = 0.0
    min_matching_score_for_visual_similarity: float = 0.0
    min_matching_score_for_reid_similarity: float = 0.0
    matching_score_weight_for_iou: float = 1.0
    matching_score_weight_for_size_similarity: float = 0.0
    matching_score_weight_for_visual_similarity: float = 0.0
    matching_score_weight_for_reid_similarity: float = 0.0
    tentative_detector_confidence: float = 0.5
    min_matching_score_for_tentative_iou: float = 0.0
    threshold_mahalanobis: float = -1.0


@dataclass(frozen=True)
class StateEstimator:
    """How targets are expected to move, and how far measurements are believed."""

    state_estimator_type: int = NO_ESTIMATOR
    process_noise_var_for_loc: float = 2.0
    process_noise_var_for_size: float = 1.0
    process_noise_var_for_vel: float = 0.1
    measurement_noise_var_for_detector: float = 4.0
    measurement_noise_var_for_tracker: float = 16.0
    noise_weight_var_for_loc: float = -0.1
    noise_weight_var_for_vel: float = -0.1
    use_aspect_ratio: bool = False


@dataclass(frozen=True)
class VisualTracker:
    """The correlation filter that finds a target again by its looks."""

    visual_tracker_type: int = 0
    use_color_names: bool = True
    use_hog: bool = False
    feature_img_size_level: int = 2
    feature_focus_offset_factor_y: float = 0.0
    filter_lr: float = 0.075
    filter_channel_weights_lr: float = 0.1
    gaussian_sigma: float = 0.75


@dataclass(frozen=True)
class ReID:
    """The network that tells targets apart by their looks; paths are absolute."""

    reid_type: int = NO_REID
    batch_size: int = 1
    reid_feature_size: int = 128
    reid_history_size: int = 100
    infer_dims: tuple[int, int, int] = (128, 64, 3)
    input_order: int = 1
    color_format: int = 0
    network_mode: int = 0
    offsets: tuple[float, ...] = (0.0, 0.0, 0.0)
    net_scale_factor: float = 1.0
    keep_aspc: bool = True
    add_feature_normalization: bool = False
    output_reid_tensor: bool = False
    onnx_file: Path | None = None
    model_engine_file: Path | None = None
    tlt_encoded_model: Path | None = None
    uff_file: Path | None = None


@dataclass(frozen=True)
class TrackerConfig:
    """A whole configuration; ``file`` is None where none was given and all are defaults."""

    file: Path | None = None
    base_config: BaseConfig = field(default_factory=BaseConfig)
    target_management: TargetManagement = field(default_factory=TargetManagement)
    trajectory_management: TrajectoryManagement = field(default_factory=TrajectoryManagement)
    data_associator: DataAssociator = field(default_factory=DataAssociator)
    state_estimator: StateEstimator = field(default_factory=StateEstimator)
    visual_tracker: VisualTracker = field(default_factory=VisualTracker)
    reid: ReID = field(default_factory=ReID)

    @property
    def needs_pictures(self) -> bool:
        """Whether it looks at pixels, and not only at boxes."""
        return bool(self.visual_tracker.visual_tracker_type or self.reid.reid_type)
