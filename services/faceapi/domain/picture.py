"""How good a face's picture is, on the scales that Azure Face uses: blur, exposure, noise.

Azure says what its levels are (Low, Medium, High of blur and noise; Under-, Good- and OverExposure) and where they begin on a
scale from 0 to 1, not how it measures. Ours begin where the face stops being good, or stops being usable, for our estimates
(`models.quality`, docs/accuracy.md), and run evenly between.
https://learn.microsoft.com/azure/ai-services/computer-vision/concept-face-detection
"""

import math
from collections.abc import Sequence
from typing import Final, Literal

Amount = Literal["Low", "Medium", "High"]
Light = Literal["UnderExposure", "GoodExposure", "OverExposure"]

# From sharp to blurred: sharpness of `models.quality`, and where that is on the scale. Steps are in proportion.
_BLUR: Final = ((1.0, 0.0), (0.13, 0.25), (0.04, 0.75), (0.01, 1.0))
# From black to white: mean brightness.
_EXPOSURE: Final = ((0.0, 0.0), (45.0, 0.25), (215.0, 0.75), (255.0, 1.0))
# From clean to noisy: standard deviation in steps of brightness, on the chip, which shows a face at 80 pixels: of a larger one
# it is a mean over neighbours. Clean faces of the demo have 1.6, one in twenty 2.6; from 4 on ages are off by years.
_NOISE: Final = ((0.0, 0.0), (4.0, 0.3), (8.0, 0.7), (20.0, 1.0))


def blur(sharpness: float) -> tuple[Amount, float]:
    """Level and value, 0 (sharp) to 1, of how blurred a face is."""
    scale = [(math.log(measure), value) for measure, value in reversed(_BLUR)]
    value = _between(scale, math.log(max(sharpness, _BLUR[-1][0])))
    return _amount(value, 0.25, 0.75), value


def exposure(brightness: float) -> tuple[Light, float]:
    """Level and value, 0 (black) to 1 (white), of a face's light.

    Args:
        brightness: mean, 0 to 255.
    """
    value = _between(_EXPOSURE, brightness)
    return "UnderExposure" if value < 0.25 else "GoodExposure" if value < 0.75 else "OverExposure", value


def noise(deviation: float) -> tuple[Amount, float]:
    """Level and value, 0 (none) to 1, of a face's noise.

    Args:
        deviation: standard deviation of the noise, in steps of brightness.
    """
    value = _between(_NOISE, deviation)
    return _amount(value, 0.3, 0.7), value


def _amount(value: float, medium: float, high: float) -> Amount:
    return "Low" if value < medium else "Medium" if value < high else "High"


def _between(scale: Sequence[tuple[float, float]], measure: float) -> float:
    """The value on a scale of rising measures, in hundredths; beyond its ends, that of the end."""
    (lower, value), *rest = scale
    for upper, next_value in rest:
        if measure < upper:
            return round(value + (next_value - value) * max(measure - lower, 0) / (upper - lower), 2)
        lower, value = upper, next_value
    return value
