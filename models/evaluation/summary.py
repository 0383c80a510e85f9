"""The figures that stand for all, as a table for the terminal and as one line of JSON for machines."""

import json
import math
from typing import Final

from rich.table import Table

from models.evaluation.dataset import SOURCES
from models.evaluation.detection import UTK, WEB
from models.evaluation.figures import headline
from models.evaluation.frames import Condition
from models.evaluation.measurement import Results
from models.evaluation.metrics import Measured

_DIGITS: Final = 4
_NAMES: Final = {
    "recall_web": ("faces from the web that are found", "share"),
    "false_positives_per_500": ("boxes in 500 frames without faces", ""),
    "age_mae_16plus": ("age, mean absolute error, people of 16 and older", "years"),
    "age_mae_all": ("age, mean absolute error, everybody", "years"),
    "age_coverage_all": ("true ages that lie in their intervals", "share"),
    "gender_acc_16plus": ("genders right, people of 16 and older", "share"),
    "emotion_acc_fer2013": ("emotions right, FER2013, good faces", "share"),
    "emotion_acc_fer2013_all": ("emotions right, FER2013, all faces found", "share"),
    "emotion_acc_web": ("emotions right, web, good faces", "share"),
    "emotion_acc_web_all": ("emotions right, web, all faces found", "share"),
    "ece_gender": ("expected calibration error, gender", "share"),
    "ece_emotion": ("expected calibration error, emotion, good faces", "share"),
}


def key_figures(results: Results) -> dict[str, Measured]:
    """By their key in the JSON line; of all rows, with what is in service."""
    detection, method = results.detection, results.method
    split = results.classification.all_rows
    figures = {
        "recall_web": detection.recall(method, WEB),
        "recall_web_counted": detection.recall(method, WEB, counted=True),
        "recall_utk": detection.recall(method, UTK),
        "false_positives_per_500": detection.false_positives(method),
        "false_positives_per_500_counted": detection.false_positives(method, counted=True),
    }
    figures |= {
        f"recall_web_{condition}": detection.recall(method, WEB, condition)
        for condition in Condition
        if condition is not Condition.PLAIN
    }
    for other in detection.methods:
        figures[f"recall_web_by_{other}"] = detection.recall(other, WEB)
        figures[f"false_positives_per_500_by_{other}"] = detection.false_positives(other)
    figures |= headline(split)
    figures["found_age_gender"] = split.ages.found
    for source in SOURCES:
        figures[f"found_{source}"] = split.emotions.found(source)
        figures[f"good_{source}"] = split.emotions.good(source)
    return figures


def json_line(results: Results) -> str:
    """One line: each figure, its interval as KEY_ci95, and what it is made of as n_KEY. A figure of nothing is null."""
    line: dict[str, float | int | str | list[float | None] | None] = {}
    for key, figure in key_figures(results).items():
        line[key] = _number(figure.value)
        line[f"{key}_ci95"] = [_number(figure.low), _number(figure.high)]
        line[f"n_{key}"] = figure.n
    line |= {
        f"cpu_ms_per_frame_{method}": _number(results.detection.cpu_ms(method)) for method in results.detection.methods
    }
    line |= {f"cpu_ms_per_face_{plan.name}": _number(plan.cpu_ms_per_face) for plan in results.classification.plans}
    return json.dumps(line | {"method": results.method, "crops": results.classification.plan, "quick": results.quick})


def table(results: Results) -> Table:
    """For the terminal."""
    figures = key_figures(results)
    grid = Table(title=f"Accuracy: faces found by {results.method}, crops {results.classification.plan}")
    grid.add_column("what")
    for name in ("figure", "95 %", "n"):
        grid.add_column(name, justify="right")
    for key, (name, unit) in _NAMES.items():
        figure = figures[key]
        value, low, high = (_shown(number, unit) for number in (figure.value, figure.low, figure.high))
        grid.add_row(name, value, f"{low} to {high}", str(figure.n))
    return grid


def _shown(value: float, unit: str) -> str:
    if math.isnan(value):
        return "none"
    return {"share": f"{100 * value:.1f} %", "years": f"{value:.2f} years"}.get(unit, f"{value:.1f}")


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, _DIGITS)
