import json
import re
from itertools import pairwise
from pathlib import Path

from rich.console import Console

from models.evaluation import plots, report, summary
from models.evaluation.measurement import Results

KEYS = {
    "recall_web",
    "false_positives_per_500",
    "age_mae_16plus",
    "gender_acc_16plus",
    "emotion_acc_fer2013",
    "emotion_acc_web",
    "ece_gender",
    "ece_emotion",
}


def test_the_document_has_every_part(results: Results) -> None:
    text = report.render(results, {"age": "images/accuracy-age.svg"})
    for heading in ("In short", "Finding faces", "Age", "Gender", "Emotion", "How sure", "How it is measured"):
        assert f"\n## {heading}\n" in text
    assert "![Error of age, by true age](images/accuracy-age.svg)" in text
    assert "accuracy-cost.svg" not in text
    assert "held-out half" in text
    assert "nan" not in text
    assert "trial run" not in text


def test_every_table_is_a_table(results: Results) -> None:
    lines = report.render(results, {}).splitlines()
    for before, line in pairwise(lines):
        if before.startswith("|") and line.startswith("|"):
            assert before.count("|") == line.count("|"), line


def test_figures_of_utkface_never_stand_without_what_flatters_them(results: Results) -> None:
    for section in report.render(results, {}).split("\n## "):
        if re.search(r"UTKFace|16\+|16 and older", section):
            assert "training data" in section or "trained on" in section, section[:60]


def test_plots_are_the_same_for_the_same_results(results: Results, tmp_path: Path) -> None:
    files = plots.write(results, tmp_path / "first")
    plots.write(results, tmp_path / "again")
    assert set(files) == set(plots.PLOTS)
    for name in files.values():
        drawn = (tmp_path / "first" / name).read_bytes()
        assert b"<svg" in drawn
        assert drawn == (tmp_path / "again" / name).read_bytes()
        assert len(drawn) < 100_000


def test_the_line_for_machines_has_every_figure_with_its_interval(results: Results) -> None:
    line = summary.json_line(results)
    figures = json.loads(line, parse_constant=lambda name: 1 / 0)  # neither NaN nor Infinity is JSON
    assert "\n" not in line
    for key in KEYS:
        low, high = figures[f"{key}_ci95"]
        assert low <= figures[key] <= high
        assert figures[f"n_{key}"] > 0
    assert figures["recall_web"] == 1


def test_the_terminal_gets_the_same_in_a_table(results: Results) -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(summary.table(results))
    assert "faces from the web that are found" in capture.get()
    assert "100.0 %" in capture.get()
