"""What was recorded, in numbers: percentiles, throughput, the steps of a ramp, and whether limits were kept. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from loadtest.plan import Limits, Plan, Scenario
from loadtest.shapes import STEP_S, Ramp, ramp_of

FTP: Final = ("FTP", "FTPS")
# A step's first part, in which cameras are still coming, is not judged.
_SETTLING_S: Final = STEP_S / 4
# Of the photos that a step asks for, the share that must have been answered.
_ANSWERED: Final = 0.9


@dataclass(frozen=True, slots=True)
class Request:
    """An upload, a page, or a question to the Face API.

    Args:
        ended_at: seconds since 1970.
        kind: FTP, FTPS, or an HTTP method.
        name: what kind of camera, or which page.
        failure: why it failed; empty when it did not.
        photo_id: empty where nobody asks for it later.
    """

    ended_at: float
    kind: str
    name: str
    took_ms: float
    failure: str = ""
    photo_id: str = ""

    @property
    def is_upload(self) -> bool:
        """Whether a camera sent it."""
        return self.kind in FTP


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen of a process (`cpu`, in cores) or of a queue (`queue`, in messages).

    Args:
        at: seconds since 1970.
    """

    at: float
    kind: str
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Rows:
    """When photos' results came into the database.

    Args:
        at: seconds since 1970, by photo id.
        read_until: the moment until which they were looked for.
    """

    at: Mapping[str, float]
    read_until: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that was recorded in a run.

    Args:
        began_at: seconds since 1970.
        rows: None where there was no database to look into.
    """

    began_at: float
    requests: Sequence[Request]
    samples: Sequence[Sample]
    rows: Rows | None

    @property
    def uploads(self) -> list[Request]:
        """What cameras sent."""
        return [request for request in self.requests if request.is_upload]


@dataclass(frozen=True, slots=True)
class Times:
    """Percentiles, in the unit of what they are of; NaN of nothing."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Times":
        """Of some values."""
        if not values:
            return cls(0, *[float("nan")] * 4)
        return cls(len(values), *(float(value) for value in np.percentile(values, (50, 95, 99, 100))))


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a ramp, and what became of it.

    Args:
        per_s: photos a second that were asked for.
        answered_per_s: photos a second that were answered 226.
    """

    per_s: float
    answered_per_s: float
    failed_share: float
    p99_s: float
    held: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """A limit, and whether it was kept."""

    what: str
    limit: str
    found: str
    kept: bool


def failed_share(requests: Sequence[Request]) -> float:
    """Share that failed; 0 of nothing."""
    return sum(bool(request.failure) for request in requests) / len(requests) if requests else 0.0


def judge_step(ramp: Ramp, number: int, began_at: float, uploads: Iterable[Request], limits: Limits) -> Step:
    """What became of a step that is over."""
    begins, ends = began_at + number * STEP_S + _SETTLING_S, began_at + (number + 1) * STEP_S
    mine = [upload for upload in uploads if begins <= upload.ended_at < ends]
    kept = [upload.took_ms / 1000 for upload in mine if not upload.failure]
    per_s, answered = ramp.rate_of(number), len(kept) / (ends - begins)
    p99, failed = Times.of(kept).p99, failed_share(mine)
    held = answered >= _ANSWERED * per_s and failed <= limits.failed_share and p99 <= limits.answer_p99_s
    return Step(per_s, answered, failed, p99, held)


def steps_of(plan: Plan, recorded: Recorded) -> list[Step]:
    """The steps of a ramp that were finished; none of another scenario."""
    if plan.scenario is not Scenario.RAMP or not recorded.uploads:
        return []
    last = max(upload.ended_at for upload in recorded.uploads) - recorded.began_at
    # The run ends a moment after its last step does.
    finished = int((last + 1) / STEP_S)
    ramp = ramp_of(plan)
    return [judge_step(ramp, number, recorded.began_at, recorded.uploads, plan.limits) for number in range(finished)]


def last_that_held(steps: Sequence[Step]) -> float | None:
    """Photos a second of the last step before the first that did not hold; None where there is none."""
    held = None
    for step in steps:
        if not step.held:
            break
        held = step.per_s
    return held


def to_row_s(recorded: Recorded) -> list[float]:
    """Seconds from 226 to the row of every photo; for one without a row, those for which it was waited.

    A row's time is when its transaction began, some milliseconds before others see it.
    """
    if recorded.rows is None:
        return []
    rows = recorded.rows
    return [
        max(0.0, rows.at.get(upload.photo_id, rows.read_until) - upload.ended_at)
        for upload in recorded.uploads
        if upload.photo_id and not upload.failure
    ]


def without_row(recorded: Recorded) -> int:
    """Photos that were answered 226 and had no row when it was last looked."""
    if recorded.rows is None:
        return 0
    return sum(u.photo_id not in recorded.rows.at for u in recorded.uploads if u.photo_id and not u.failure)


def verdicts(plan: Plan, recorded: Recorded) -> list[Verdict]:
    """Whether each limit was kept. A ramp breaks something at its end: there it is its first step that must hold."""
    limits, uploads = plan.limits, recorded.uploads
    if plan.scenario is Scenario.RAMP:
        held = last_that_held(steps_of(plan, recorded))
        found = "none" if held is None else f"{held:g} photos/s"
        found_all = [Verdict("the last rate that held", "at least the first step's", found, held is not None)]
    else:
        share, p99_s = failed_share(uploads), Times.of([u.took_ms / 1000 for u in uploads if not u.failure]).p99
        found_all = [
            Verdict("photos were sent", "at least 1", f"{len(uploads):,}", bool(uploads)),
            _share("failed uploads", share, limits),
            _seconds("an upload's answer, p99", p99_s, limits.answer_p99_s),
        ]
        if recorded.rows is not None:
            found_all.append(_seconds("from 226 to the row, p99", Times.of(to_row_s(recorded)).p99, limits.row_p99_s))
    if others := [request for request in recorded.requests if not request.is_upload]:
        found_all.append(_share("failed pages and Face API requests", failed_share(others), limits))
    return found_all


def _share(what: str, share: float, limits: Limits) -> Verdict:
    return Verdict(what, f"{limits.failed_share:.2%}", f"{share:.2%}", share <= limits.failed_share)


def _seconds(what: str, found_s: float, limit_s: float) -> Verdict:
    return Verdict(what, f"{limit_s:g} s", f"{found_s:.3g} s", found_s <= limit_s)
