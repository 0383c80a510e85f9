"""One request of one client: where its time goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

from bench.faceapi.load import Clients, Outcome
from bench.faceapi.ours import Ours

_WARM_UP_CLIENTS: Final = 4


@dataclass(frozen=True, slots=True)
class Request:
    """Where its time goes; milliseconds, means of many.

    Args:
        min_face_px: the smallest face that is looked for.
        outcome: of the requests.
        asked_ms: what it takes to ask detect and classify without HTTP.
        step_ms: of that, what detect and classify spend in each step.
    """

    min_face_px: int
    outcome: Outcome
    asked_ms: float
    step_ms: Mapping[str, float]

    @property
    def mean_ms(self) -> float:
        """All of it."""
        return fmean(self.outcome.took_ms)

    @property
    def http_ms(self) -> float:
        """Client and face API: what asking without HTTP does without."""
        return self.mean_ms - self.asked_ms

    @property
    def nats_ms(self) -> float:
        """On the way through NATS, and waiting for a turn: what is in no step."""
        return self.asked_ms - sum(self.step_ms.values())


async def measure(ours: Ours, clients: Clients, photos: Sequence[Path], min_face_px: int, seconds: float) -> Request:
    """Ask for a while over HTTP, and then as often without.

    Raises:
        LoadError: an answer is an error.
    """
    outcome = Outcome()
    side = ours.side(min_face_px)
    # By several: all who look at photos are to be warm.
    await clients.warm_up(side, photos, _WARM_UP_CLIENTS, seconds)
    await clients.measure(side, photos, 1, seconds, outcome)
    asked = len(outcome.took_ms)
    contents = [photo.read_bytes() for photo in photos]
    before = await ours.step_ms()
    asked_ms = await ours.ask_directly((contents[number % len(contents)] for number in range(asked)), min_face_px)
    after = await ours.step_ms()
    return Request(min_face_px, outcome, asked_ms, {step: (after[step] - before[step]) / asked for step in after})
