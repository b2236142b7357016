"""One target and the rules of its life.

As in "Target Management" of DeepStream's tracker manual: a new target is on probation and not
reported (late activation); one that is lost is followed in the shadow for a while, and reported
again when a detection confirms it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pythia.vision.tracking.config import TargetManagement
from pythia.vision.tracking.frame import Moment

if TYPE_CHECKING:
    from pythia.vision.tracking.reid import Gallery

EMPTY, ACTIVE, INACTIVE, TENTATIVE = range(4)
"""States of a target [TRACKER_STATE]."""


@dataclass(slots=True, eq=False)
class Target:
    """What is known of one target, its place apart (which the estimator keeps).

    ``born`` and ``seen`` are numbers of frames of the stream: its first, and the last in which it
    was reported. ``age`` counts frames since the first, ``shadow_age`` those without confirmation
    and ``unmatched`` all since the last detection. ``detection`` is the row of this frame's
    detection, -1 without one. ``pending`` are moments that were not reported; ``trajectory`` are
    all of the last ones, where they are kept.
    """

    class_id: int
    born: int
    detection: int
    state: int = TENTATIVE
    id: int = -1
    seen: int = -1
    age: int = 0
    shadow_age: int = 0
    unmatched: int = 0
    confidence: float = 1.0
    pending: deque[Moment] = field(default_factory=deque)
    trajectory: deque[Moment] | None = None
    gallery: Gallery | None = None

    @property
    def is_matched(self) -> bool:
        """Whether a detection confirms it in this frame."""
        return self.detection >= 0

    @property
    def now(self) -> tuple[float, int, int]:
        """Confidence, age and state, as a moment has them."""
        return self.confidence, self.age, self.state

    def take_over(self, other: Target) -> None:
        """Go on as the other target, whose first frames come before ours."""
        self.id = other.id
        if self.trajectory is not None and other.trajectory is not None:
            self.trajectory.extendleft(reversed(other.trajectory))
        if self.gallery is not None and other.gallery is not None:
            self.gallery.put_before(other.gallery)


class Sight(NamedTuple):
    """What one frame says of a target.

    ``looked`` says that the detector ran; ``carried`` that the target may be reported without a
    detection; ``lost`` that the visual tracker does not find it.
    """

    looked: bool
    carried: bool
    lost: bool


def live(target: Target, sight: Sight, rules: TargetManagement) -> None:
    """Take a target one frame on; it is EMPTY afterwards if this is its end.

    Frames without detection do not count against it, or probation and ``interval`` of nvinfer
    could not be used together.
    """
    target.unmatched = 0 if target.is_matched else target.unmatched + 1
    if target.is_matched:
        target.shadow_age = 0
    elif sight.looked or sight.lost:
        target.shadow_age += 1
    seen = target.is_matched or sight.carried
    if target.state == TENTATIVE:
        if 0 < target.shadow_age >= rules.early_termination_age:
            target.state = EMPTY
        elif seen and target.age >= rules.probation_age:
            target.state = ACTIVE
    elif target.is_matched:
        target.state = ACTIVE
    elif not seen:
        # A detection is needed to come out of the shadow: what looks alike may be another thing.
        target.state = INACTIVE
    if target.shadow_age > rules.max_shadow_tracking_age:
        target.state = EMPTY
