"""The same as services/plan simulates in lots, with an event for every photo: slow, and beyond doubt."""

from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np
import simpy

Events = Generator[simpy.Event, Any, None]
Draw = Callable[[], float]


def gamma(mean_s: float, spread: float, random: np.random.Generator) -> Draw:
    """Times of service with that mean and standard deviation, the latter as a share of the mean."""
    if not spread:
        return lambda: mean_s
    shape = 1 / spread**2
    return lambda: float(random.gamma(shape, mean_s / shape))


def waits(arrivals_s: Sequence[float], stages: Sequence[tuple[int, Draw]]) -> list[float]:
    """How long each photo waited for servers, in all stages, one after the other; in the order in which they end.

    Args:
        stages: servers and times of service of each.
    """
    env = simpy.Environment()
    servers = [simpy.Resource(env, number) for number, _ in stages]
    waited: list[float] = []

    def photo() -> Events:
        total = 0.0
        for server, (_, draw) in zip(servers, stages, strict=True):
            since = env.now
            with server.request() as turn:
                yield turn
                total += env.now - since
                yield env.timeout(draw())
        waited.append(total)

    def arrive() -> Events:
        for at_s in arrivals_s:
            yield env.timeout(at_s - env.now)
            env.process(photo())

    env.process(arrive())
    env.run()
    return waited


def poisson(per_s: float, seconds: float, random: np.random.Generator) -> list[float]:
    """Times at which photos arrive."""
    number = random.poisson(per_s * seconds)
    times: list[float] = np.sort(random.uniform(0, seconds, number)).tolist()
    return times
