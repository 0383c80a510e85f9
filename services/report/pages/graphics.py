"""Small pictures inside tables, as the geometry of inline SVG: a template draws them. Sizes are in units of a viewBox."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Room at the top and the bottom, so that a line is not cut off.
_EDGE = 2.0


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line without axes: the shape of a series, not its size.

    Args:
        lines: a path for each stretch without a gap.
        areas: the same, down to the ground.
        gaps: left and width of what is not known.
        end: x and y of the last value; None where it is not known.
    """

    width: int
    height: int
    lines: tuple[str, ...]
    areas: tuple[str, ...]
    gaps: tuple[tuple[float, float], ...]
    end: tuple[float, float] | None


def sparkline(
    values: Sequence[float | None],
    *,
    closed: Sequence[int] = (),
    width: int = 92,
    height: int = 30,
    from_zero: bool = False,
) -> Sparkline:
    """The shape of a series.

    Args:
        values: None where nothing is known: drawn as a hatched gap, never as nothing.
        closed: indexes at which there was nothing to know; left blank.
        from_zero: whether the ground is zero; else it is the least value.
    """
    known = [value for value in values if value is not None]
    if not known:
        nothing = ((0.0, float(width)),) if len(closed) < len(values) else ()
        return Sparkline(width, height, (), (), nothing, None)
    least = min(0.0, *known) if from_zero else min(known)
    range_ = (max(known) - least) or 1
    step = width / max(1, len(values) - 1)

    def at(i: int, value: float) -> tuple[float, float]:
        return round(i * step, 1), round(height - _EDGE - (value - least) / range_ * (height - 2 * _EDGE), 1)

    lines: list[str] = []
    areas: list[str] = []
    gaps: list[tuple[float, float]] = []
    for first, last, is_known in _stretches(values, set(closed)):
        if is_known:
            spots = [at(i, value) for i, value in enumerate(values[first : last + 1], first) if value is not None]
            if len(spots) == 1:  # a lone value would be invisible
                x, y = spots[0]
                spots = [(round(max(0.0, x - step / 3), 1), y), (round(min(width, x + step / 3), 1), y)]
            path = "M" + "L".join(f"{x} {y}" for x, y in spots)
            lines.append(path)
            areas.append(f"{path}L{spots[-1][0]} {height}L{spots[0][0]} {height}Z")
        else:
            left, right = max(0.0, (first - 1) * step), min(float(width), (last + 1) * step)
            gaps.append((round(left, 1), round(right - left, 1)))
    end = None if values[-1] is None else at(len(values) - 1, values[-1])
    return Sparkline(width, height, tuple(lines), tuple(areas), tuple(gaps), end)


def _stretches(values: Sequence[float | None], closed: set[int]) -> list[tuple[int, int, bool]]:
    """First and last index of what is known, and of what is not, without what is closed."""
    kinds = ["closed" if i in closed and value is None else value is not None for i, value in enumerate(values)]
    starts = [0, *(i + 1 for i, (left, right) in enumerate(pairwise(kinds)) if left != right), len(kinds)]
    return [(first, after - 1, bool(kinds[first])) for first, after in pairwise(starts) if kinds[first] != "closed"]


def part(value: float | None, most: float | None) -> float:
    """How much of a bar is filled, 0 to 100."""
    return round(100 * min(1.0, max(0.0, value / most)), 1) if value and most else 0.0


def diverging(value: float | None, most: float) -> tuple[float, float]:
    """Left end and width of a bar that begins in the middle of 100: to the right for more than nothing."""
    width = round(50 * min(1.0, abs(value or 0) / most), 1) if most else 0.0
    return (50.0 if (value or 0) >= 0 else round(50 - width, 1)), width
