import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.evaluation import __main__ as command
from models.evaluation import cards, measurement
from models.evaluation.detection import Extent
from models.evaluation.measurement import Subjects
from models.predict.classifier import FaceClassifier
from models.predict.finder import FaceFinder
from models.registry import Accuracy
from tests.models.evaluation.stand_ins import ConstantClassifier, MagentaFinder


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stand-ins are measured, on few frames; gives where the project's document would be."""
    document = tmp_path / "docs" / "accuracy.md"
    document.parent.mkdir()
    subjects = Subjects({"cnn": MagentaFinder()}, "cnn", {"balanced": ConstantClassifier()}, "balanced")
    monkeypatch.setattr(command, "_subjects", lambda: subjects)
    monkeypatch.setattr(command, "DOCUMENT", document)
    monkeypatch.setattr(measurement, "FULL", Extent(per_condition=1, face_free=1))
    return document


def test_without_faces_the_cards_are_checked_and_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "DEFAULT_FOLDER", tmp_path / "none")
    result = CliRunner().invoke(command.app, [])
    assert result.exit_code == 0
    assert json.loads(result.stdout.splitlines()[-1]) == {"measured": False, "cards": len(cards.check())}
    assert "no labelled faces" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("measure", "value"), [("share of genders right", 97.7), ("mean absolute error of age, years", -1.0)]
)
def test_a_figure_that_cannot_be_is_told(measure: str, value: float) -> None:
    with pytest.raises(cards.CardError, match="cannot be"):
        cards.check_figure("some-net", Accuracy(data="faces", measure=measure, value=value))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(command.app, ["--data", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert "labels.csv is not there" in result.output


def test_other_faces_do_not_overwrite_the_document(stand_ins: Path, labelled: Path) -> None:
    result = CliRunner().invoke(command.app, ["--data", str(labelled)])
    assert result.exit_code == 0, result.output
    assert not stand_ins.exists()
    assert result.stdout.startswith("# Accuracy")
    assert "held-out" not in result.stdout
    assert "another folder than the project's" in result.stdout
    assert json.loads(result.stdout.splitlines()[-1])["n_recall_web"] == 14


def test_the_default_faces_write_the_document(stand_ins: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "DEFAULT_FOLDER", labelled)
    result = CliRunner().invoke(command.app, [])
    assert result.exit_code == 0, result.output
    assert "held-out half" in stand_ins.read_text()
    assert (stand_ins.parent / "images" / "accuracy-age.svg").is_file()
    assert len(result.stdout.splitlines()) == 1


def test_a_trial_run_writes_where_it_is_told_only(tmp_path: Path) -> None:
    assert command.document(None, None, quick=True) is None
    assert command.document(None, None, quick=False) == command.DOCUMENT
    assert command.document(tmp_path, tmp_path / "mine.md", quick=True) == tmp_path / "mine.md"


def test_calibration_prints_tables_for_the_cards(
    stand_ins: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FaceFinder, "load", lambda method: MagentaFinder())
    monkeypatch.setattr(FaceClassifier, "load", lambda crops: ConstantClassifier())
    result = CliRunner().invoke(command.app, ["calibrate", "--data", str(labelled)])
    assert result.exit_code == 0, result.output
    assert "[age_correction]" in result.stdout
    assert result.stdout.count("[calibration]") == 2
