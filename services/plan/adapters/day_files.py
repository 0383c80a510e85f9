"""A simulated day as files: JSON, and plots that are small SVG files whose bytes are the same for the same day."""

import dataclasses
import json
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from services.plan.domain.outcome import PROMISED_S, CellDay, Day

# Source of the colours, which colour-blind people tell apart: Okabe, Ito, Color Universal Design (2008).
_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#595959")
_LINES: Final = ("-", "--", "-.", ":")
_STYLE: Final[dict[RcKeyType, Any]] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E0E0E0",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "facetally",
    "path.simplify_threshold": 0.5,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Helvetica", "Arial"],
}
# Where the page is dark the plot is as well; turned by half a circle, colours are themselves again.
_DARK: Final = "<style>@media (prefers-color-scheme: dark) { svg { filter: invert(0.9) hue-rotate(180deg); } }</style>"
_DIGITS: Final = re.compile(r"(\d\.\d\d)\d+")
_INCHES: Final = (9.0, 7.2)
_HOURS: Final = range(0, 25, 3)
_STEP: Final = 5


def write(day: Day, told: dict[str, Any], folder: Path, name: str = "day") -> list[Path]:
    """Write it.

    Args:
        told: what was simulated, for the JSON file.
        folder: where to, made if it is not there.
        name: of the files, without their endings.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures, plot = folder / f"{name}.json", folder / f"{name}.svg"
    figures.write_text(json.dumps({"simulated": told, **as_dict(day)}, indent=1) + "\n")
    plot.write_text(draw(day))
    return [figures, plot]


def as_dict(day: Day) -> dict[str, Any]:
    """All that is known of it, for programs."""
    totals = {"arrived": day.arrived, "recorded": day.recorded, "behind_min": day.behind_min}
    return {**totals, **dataclasses.asdict(day)}


def draw(day: Day) -> str:
    """Photos, times, what waits and who works, over the hours, as SVG."""
    with mpl.rc_context(_STYLE):
        # A figure of its own, not pyplot's: no display is looked for, and nothing is kept.
        figure = Figure(figsize=_INCHES, layout="constrained")
        arriving, latency, waiting, machines = figure.subplots(4, 1, sharex=True)
        for number, cell in enumerate(day.cells):
            _draw_cell(number, cell, arriving, latency, waiting, machines)
        latency.axhline(PROMISED_S, color=_COLOURS[-1], linewidth=0.8, linestyle="--")
        arriving.set(title="Photos a second at the cameras of a cell", ylabel="photos/s")
        latency.set(
            title="From 226 to the row: p99 (line) and worst (thin); dashed: what is promised",
            ylabel="seconds",
            yscale="log",
        )
        waiting.set(title="Photos that wait in a cell", ylabel="photos", yscale="symlog")
        machines.set(
            title="Detects of a cell (line) and nodes for detect and classify (thin)", ylabel="replicas, nodes"
        )
        machines.set(xlabel="hours, UTC", xlim=(0, 24), xticks=_HOURS)
        arriving.legend(loc="upper center", ncols=min(5, len(day.cells)), fontsize=8)
        arriving.margins(y=0.25)
        waiting.set_ylim(bottom=0)
        text = StringIO()
        # Without its date, the file only changes when the figures do.
        figure.savefig(text, format="svg", metadata={"Date": None}, facecolor="white")
    # A hundredth of a point is enough, and half the bytes.
    head, tag, rest = _DIGITS.sub(r"\1", text.getvalue()).partition("<defs>")
    # Matplotlib leaves spaces at the end of lines.
    return "\n".join(line.rstrip() for line in f"{head}{_DARK}\n {tag}{rest}".splitlines()) + "\n"


def _most(values: Sequence[float]) -> list[float]:
    return [max(values[first : first + _STEP]) for first in range(0, len(values), _STEP)]


def _draw_cell(number: int, cell: CellDay, arriving: Axes, latency: Axes, waiting: Axes, machines: Axes) -> None:
    style: dict[str, Any] = {"color": _COLOURS[number % len(_COLOURS)], "linestyle": _LINES[number % len(_LINES)]}
    thin: dict[str, Any] = {"color": style["color"], "linewidth": 0.6}
    name = cell.name if cell.cells == 1 else f"{cell.name} x {cell.cells}"
    # The most of five minutes: plots need no more, and it is the most that matters.
    hours = [at_s / 3_600 for at_s in cell.machines.at_s[::_STEP]]
    values = {key: _most(curve) for key, curve in cell.machines.values.items()}
    minutes = zip(*(cell.machines.values[line] for line in ("photos", "faces", "results")), strict=True)
    in_all = _most([sum(parts) for parts in minutes])
    arriving.plot(hours, values["arriving_per_s"], label=name, linewidth=1.2, **style)
    waiting.plot(hours, in_all, linewidth=1.2, **style)
    machines.plot(hours, values["detects"], linewidth=1.2, drawstyle="steps-post", **style)
    machines.plot(hours, values["nodes"], drawstyle="steps-post", **thin)
    hours = [at_s / 3_600 for at_s in cell.latency.at_s]
    latency.plot(hours, cell.latency.values["p99_s"], linewidth=1.2, **style)
    latency.plot(hours, cell.latency.values["worst_s"], **thin)
