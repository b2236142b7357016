"""What the targets of one stream look like to the re-identification network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pythia.vision.tracking.association import Flags, Rows
from pythia.vision.tracking.config import (
    DEEP_SORT,
    DEEP_SORT_AND_REASSOCIATION,
    TrackerConfig,
)
from pythia.vision.tracking.estimator import Floats
from pythia.vision.tracking.frame import Frame
from pythia.vision.tracking.target import Target

if TYPE_CHECKING:
    from pythia.vision.tracking.reid import ReidNetwork, Vectors


class Looks:
    """Asks the network as often as the configuration says, and keeps the targets' galleries.

    Without a network, and for frames without a picture, nothing looks like anything.
    """

    def __init__(self, config: TrackerConfig, network: ReidNetwork | None) -> None:
        self._network = network
        self._most = config.reid.reid_history_size
        self._interval = config.trajectory_management.reid_extraction_interval
        self._associates = config.reid.reid_type in (DEEP_SORT, DEEP_SORT_AND_REASSOCIATION)

    def see(self, frame: Frame, rows: Rows) -> dict[int, Vectors]:
        """The vectors of these detections, by row, where looks take part in the association."""
        if not self._associates:
            return {}
        return self._ask(frame, rows.tolist())

    def likeness(self, targets: Sequence[Target], seen: dict[int, Vectors], near: Flags) -> Floats:
        """How alike targets and the detections that were seen are, (targets, detections).

        Pairs that are not ``near`` are not compared, nor are those of which nothing is known.
        """
        vectors = np.stack(list(seen.values()))
        alike = np.ones(near.shape)
        for row, target in enumerate(targets):
            if target.gallery is not None and near[row].any():
                alike[row, near[row]] = target.gallery.similarities(vectors[near[row]])
        return alike

    def remember(
        self, frame: Frame, targets: Sequence[Target], seen: dict[int, Vectors]
    ) -> dict[int, Vectors]:
        """Add to the galleries of targets that have a detection; gives all that was seen."""
        if not self._associates:
            due = [t.detection for t in targets if t.is_matched and self._is_due(t)]
            seen = self._ask(frame, due)
        for target in targets:
            if target.detection in seen:
                self._add(target, seen[target.detection])
        return seen

    def _ask(self, frame: Frame, rows: list[int]) -> dict[int, Vectors]:
        if self._network is None or frame.image is None or not rows:
            return {}
        vectors = self._network.vectors(frame.image, frame.boxes[rows], frame.size)
        return dict(zip(rows, vectors, strict=True))

    def _is_due(self, target: Target) -> bool:
        return target.age == 0 if self._interval < 0 else target.age % max(1, self._interval) == 0

    def _add(self, target: Target, vector: Vectors) -> None:
        from pythia.vision.tracking.reid import Gallery

        if target.gallery is None:
            target.gallery = Gallery(self._most, len(vector))
        target.gallery.add(vector)
