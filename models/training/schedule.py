"""How fast weights are changed, step by step."""

import math
from typing import Final

from models.training.config import Optimisation

# Of all steps, at most a tenth are warm-up.
_WARM_UP_OF: Final = 10


def learning_rate(settings: Optimisation, done: int, total_steps: int) -> float:
    """For the step after so many: up along a line, then down along a cosine."""
    warm_up = min(settings.warm_up_steps, total_steps // _WARM_UP_OF)
    if done < warm_up:
        return settings.learning_rate * (done + 1) / (warm_up + 1)
    place = (done - warm_up) / max(1, total_steps - warm_up)
    return settings.learning_rate * (1 + math.cos(math.pi * place)) / 2
