"""Markdown tables, and numbers as people read them."""

import math
from collections.abc import Iterable, Sequence

from models.evaluation.metrics import Measured


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def share(figure: Measured, *, interval: bool = True) -> str:
    """97.4 % (96.5–98.1)."""
    return _shown(figure, 100, 1, " %", interval=interval)


def years(figure: Measured, *, interval: bool = True) -> str:
    """5.63 (5.31–5.97)."""
    return _shown(figure, 1, 2, "", interval=interval)


def signed_years(figure: Measured) -> str:
    """+0.4 or −0.4, without the interval."""
    return "–" if math.isnan(figure.value) else f"{figure.value:+.1f}".replace("-", "−")


def count(figure: Measured) -> str:
    """2.0 (0.0–5.0)."""
    return _shown(figure, 1, 1, "", interval=True)


def milliseconds(value: float) -> str:
    """24.1, without its unit."""
    return "–" if math.isnan(value) else f"{value:.1f}"


def _shown(figure: Measured, scale: float, digits: int, unit: str, *, interval: bool) -> str:
    if math.isnan(figure.value):
        return "–"
    value, low, high = (
        f"{number * scale:.{digits}f}".replace("-", "−") for number in (figure.value, figure.low, figure.high)
    )
    return f"{value}{unit} ({low}–{high})" if interval else f"{value}{unit}"
