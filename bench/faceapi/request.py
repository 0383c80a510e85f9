"""One request of one client: where its time goes."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

from bench.faceapi.load import Clients, Outcome
from bench.faceapi.ours import STEPS, Ours

# All who look at photos are to be warm.
_WARM_UP_CLIENTS: Final = 4
_TURNS: Final = 2


@dataclass(frozen=True, slots=True)
class Request:
    """Where its time goes; milliseconds, means of many.

    Args:
        min_face_px: the smallest face that is looked for.
        outcome: of the requests.
        step_ms: what detect and classify spend in each step.
        nats_ms: on the way through NATS, and waiting for a turn: what is in no step when detect and classify are asked without
            HTTP.
    """

    min_face_px: int
    outcome: Outcome
    step_ms: Mapping[str, float]
    nats_ms: float

    @property
    def mean_ms(self) -> float:
        """All of it."""
        return fmean(self.outcome.took_ms)

    @property
    def http_ms(self) -> float:
        """Client and face API: what is in no step, and not there without HTTP."""
        return self.mean_ms - sum(self.step_ms.values()) - self.nats_ms


async def measure(ours: Ours, clients: Clients, photos: Sequence[Path], min_face_px: int, seconds: float) -> Request:
    """Ask for a while over HTTP, and by turns, half as often, without.

    Raises:
        LoadError: an answer is an error.
    """
    outcome, side = Outcome(), ours.side(min_face_px)
    contents = itertools.cycle([photo.read_bytes() for photo in photos])
    direct_ms: list[float] = []
    await clients.warm_up(side, photos, _WARM_UP_CLIENTS)
    spent = [await ours.step_ms()]
    for _ in range(_TURNS):
        await clients.measure(side, photos, 1, seconds / _TURNS, outcome)
        spent.append(await ours.step_ms())
        missing = -(-len(outcome.took_ms) // 2) - len(direct_ms)
        direct_ms += await ours.ask_directly(itertools.islice(contents, missing), min_face_px)
        spent.append(await ours.step_ms())
    turns = [{step: after[step] - before[step] for step in after} for before, after in itertools.pairwise(spent)]
    with_http, without = turns[::2], turns[1::2]
    return Request(
        min_face_px,
        outcome,
        step_ms={step: sum(turn[step] for turn in with_http) / len(outcome.took_ms) for step in STEPS},
        nats_ms=(sum(direct_ms) - sum(sum(turn.values()) for turn in without)) / len(direct_ms),
    )
