"""Plots of the results: small SVG files whose bytes are the same for the same results."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from models.evaluation.calibration import ADULT_YEARS
from models.evaluation.detection import WEB, WIDTHS_PX
from models.evaluation.figures import Calibration, Plan, by_band
from models.evaluation.frames import Condition
from models.evaluation.measurement import Results
from models.evaluation.metrics import Measured
from models.predict.classifier import EMOTIONS

# Source of the colours, which colour-blind people tell apart: Okabe, Ito, Color Universal Design (2008).
_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
_MARKERS: Final = "os^D"
_GREY: Final = "#595959"
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
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Helvetica", "Arial"],
}
_PANEL_INCHES: Final = (3.4, 2.7)
_PREFIX: Final = "accuracy-"


def write(results: Results, folder: Path) -> dict[str, str]:
    """Draw all plots.

    Args:
        results: what to show.
        folder: where to, made if it is not there.

    Returns:
        File names by the plots' names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    with mpl.rc_context(_STYLE):
        for name, draw in PLOTS.items():
            files[name] = f"{_PREFIX}{name}.svg"
            figure = draw(results)
            # Without its date, the file only changes when the figures do.
            figure.savefig(folder / files[name], metadata={"Date": None}, bbox_inches="tight", facecolor="white")
    return files


def detection(results: Results) -> Figure:
    """Recall by condition and by size, for each method."""
    figure, (conditions, sizes) = _panels(2)
    seen = results.detection
    for number, method in enumerate(seen.methods):
        recalls = [seen.recall(method, WEB, condition) for condition in Condition]
        places = np.arange(len(recalls)) + (number - (len(seen.methods) - 1) / 2) * 0.18
        _points(conditions, places.tolist(), recalls, number, method, line="")
        by_size = [seen.recall(method, WEB, widths_px=widths) for widths in WIDTHS_PX]
        _points(sizes, [float(np.mean(widths)) for widths in WIDTHS_PX], by_size, number, method)
    conditions.set_xticks(range(len(Condition)), [str(condition) for condition in Condition])
    conditions.set(title="Faces from the web, by condition", ylabel="found, %", ylim=(0, 103))
    sizes.set(title="Plain, by width of the pasted image", xlabel="pixels", ylabel="found, %")
    conditions.legend(loc="lower left")
    return figure


def cost(results: Results) -> Figure:
    """What is found or right, against CPU time."""
    figure, (finding, age, shares) = _panels(3)
    seen = results.detection
    for number, method in enumerate(seen.methods):
        _points(finding, [seen.cpu_ms(method)], [seen.recall(method, WEB)], number, method)
    finding.set(title="Finding faces", xlabel="CPU ms per frame", ylabel="web faces found, %")
    finding.legend(loc="lower right")
    plans = results.classification.plans
    costs = [plan.cpu_ms_per_face for plan in plans]
    _points(age, costs, [plan.ages.age(ADULT_YEARS).mae for plan in plans], 0, None, scale=1)
    _name_points(age, plans, [plan.ages.age(ADULT_YEARS).mae.value for plan in plans])
    age.set(title="Age, 16 and older", xlabel="CPU ms per face", ylabel="mean absolute error, years")
    columns: list[tuple[str, Callable[[Plan], Measured]]] = [
        ("gender", lambda plan: plan.ages.gender()[0]),
        ("emotion, web", lambda plan: plan.emotions.accuracy("web")),
        ("emotion, FER2013", lambda plan: plan.emotions.accuracy("fer2013")),
    ]
    for number, (name, column) in enumerate(columns):
        _points(shares, costs, [column(plan) for plan in plans], number, name)
    shares.set(title="Gender and emotion", xlabel="CPU ms per face", ylabel="right, %", ylim=(40, 102))
    shares.legend(loc="center right", bbox_to_anchor=(1.0, 0.72))
    for axes in (finding, age, shares):
        axes.set_xlim(left=0)
    return figure


def age(results: Results) -> Figure:
    """Error and bias of age by band of true age."""
    figure, (error, spread) = _panels(2)
    bands = by_band(results.classification.all_rows.ages.age)
    places = list(range(len(bands)))
    _points(error, places, [figures.mae for _, figures in bands], 0, "mean absolute error", scale=1)
    _points(error, places, [figures.bias for _, figures in bands], 1, "bias", scale=1)
    error.axhline(0, color=_GREY, linewidth=0.8)
    error.set_xticks(places, [name for name, _ in bands], rotation=40)
    error.set(title="Error, by true age", xlabel="years", ylabel="years")
    error.legend()
    truth, estimated = results.classification.all_rows.ages.true_and_estimated
    spread.plot(truth, estimated, ".", color=_COLOURS[0], markersize=2, alpha=0.35, rasterized=True)
    most = float(max(truth.max(initial=1), estimated.max(initial=1)))
    spread.plot((0, most), (0, most), color=_GREY, linewidth=0.8)
    spread.set(title="Every face", xlabel="true age, years", ylabel="estimated age, years")
    return figure


def calibration(results: Results) -> Figure:
    """Reliability diagrams before and after temperature scaling."""
    figure, (gender, emotion) = _panels(2)
    split = results.classification.all_rows
    _reliability(gender, split.ages.calibration(before=True), split.ages.calibration())
    _reliability(emotion, split.emotions.calibration(before=True, good=True), split.emotions.calibration(good=True))
    gender.set(title="Gender, 16 and older", xlim=(48, 102), ylim=(0, 103))
    emotion.set(title="Emotion, good faces", xlim=(10, 102), ylim=(0, 103))
    gender.legend(loc="lower right")
    return figure


def confusion(results: Results) -> Figure:
    """What each emotion is taken for, good faces."""
    figure, (axes,) = _panels(1, (4.4, 3.6))
    counts = results.classification.all_rows.emotions.confusion(good=True)
    shares = 100 * counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 55 else "black"
        axes.text(column, row, f"{share:.0f}", ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=40, ha="right")
    axes.set_yticks(range(len(EMOTIONS)), EMOTIONS)
    axes.grid(visible=False)
    axes.set(title="% of each emotion (row) taken for (column)")
    return figure


PLOTS: Final[dict[str, Callable[[Results], Figure]]] = {
    "detection": detection,
    "cost": cost,
    "age": age,
    "calibration": calibration,
    "confusion": confusion,
}


def _panels(number: int, inches: tuple[float, float] = _PANEL_INCHES) -> tuple[Figure, Sequence[Axes]]:
    # A figure of its own, not pyplot's: no display is looked for, and nothing is kept.
    figure = Figure(figsize=(inches[0] * number, inches[1]), layout="constrained")
    return figure, [figure.add_subplot(1, number, place + 1) for place in range(number)]


def _points(
    axes: Axes,
    places: Sequence[float],
    figures: Sequence[Measured],
    number: int,
    label: str | None,
    *,
    scale: float = 100,
    line: str = "-",
) -> None:
    """Figures with their intervals, in the colour and with the marker of a number."""
    values = np.array([figure.value for figure in figures])
    ends = np.array([[figure.low for figure in figures], [figure.high for figure in figures]])
    errors = np.maximum(0, np.stack([values - ends[0], ends[1] - values]))
    axes.errorbar(
        places,
        values * scale,
        errors * scale,
        fmt=_MARKERS[number] + line,
        color=_COLOURS[number],
        markersize=5,
        linewidth=1.2,
        capsize=2,
        label=label,
    )


def _name_points(axes: Axes, plans: Sequence[Plan], heights: Sequence[float]) -> None:
    for plan, height in zip(plans, heights, strict=True):
        axes.annotate(plan.name, (plan.cpu_ms_per_face, height), textcoords="offset points", xytext=(5, 5), fontsize=8)


def _reliability(axes: Axes, before: Calibration, after: Calibration) -> None:
    axes.plot((0, 100), (0, 100), color=_GREY, linewidth=0.8)
    for number, (name, curve) in enumerate((("before", before), ("after", after))):
        axes.plot(
            [100 * bin_.confidence for bin_ in curve.bins],
            [100 * bin_.accuracy for bin_ in curve.bins],
            _MARKERS[number] + "-",
            color=_COLOURS[number],
            markersize=4,
            linewidth=1.2,
            label=f"{name}: error {100 * curve.error.value:.1f} %",
        )
    axes.set(xlabel="confidence, %", ylabel="right, %")
