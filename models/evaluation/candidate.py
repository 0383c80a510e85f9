"""python -m models.evaluation.candidate: whether a release may take another's place, by the labelled faces of a data set.

The verdict goes to the standard output as one line of JSON, for `facetally models promote`; the table for people goes to the standard error.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from models.dataset.face import Face, ManifestError, Split, decode_chip
from models.dataset.manifest import Dataset
from models.dataset.manifest import read as read_dataset
from models.evaluation.gate import (
    LEAST_FACES,
    Comparison,
    Errors,
    Figure,
    GateError,
    Verdict,
    age_errors,
    class_errors,
    compare,
)
from models.evaluation.metrics import Measured
from models.predict.classifier import EMOTIONS, GENDERS, FaceClassifier
from models.predict.releases import load_release
from models.preprocess import Crops
from models.release import ReleaseError
from models.release import read as read_release

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_console = Console(stderr=True, highlight=False)
_BATCH: Final = 64
_YOUNG_YEARS, _OLD_YEARS = 18, 55


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Faces whose labels count.

    Args:
        chips: (n, 144, 144, 3) uint8 RGB.
        age_years: (n,), nan where nobody said.
        gender: (n,) index into GENDERS, -1 where nobody said.
        emotion: (n,) index into EMOTIONS, -1 where nobody said.
        groups: (n,) of people, by gender and age; empty where either is not known.
    """

    chips: NDArray[np.uint8]
    age_years: NDArray[np.float64]
    gender: NDArray[np.int64]
    emotion: NDArray[np.int64]
    groups: list[str]

    @classmethod
    def of(cls, faces: Sequence[Face]) -> "Labelled":
        """The same as columns."""
        return cls(
            np.stack([decode_chip(face.chip) for face in faces]),
            np.array([np.nan if face.age_years is None else face.age_years for face in faces]),
            np.array([GENDERS.index(face.gender) if face.gender else -1 for face in faces]),
            np.array([EMOTIONS.index(face.emotion) if face.emotion else -1 for face in faces]),
            [_group(face) for face in faces],
        )


def held_out(dataset: Dataset) -> Labelled:
    """The labelled faces of the test split: no net has learnt from them.

    Raises:
        GateError: there are none.
        ManifestError: a chip is damaged.
    """
    faces = [face for face in dataset.of(Split.TEST) if face.labelled_by is not None]
    if not faces:
        raise GateError(f"the test split of {dataset.about.name} {dataset.about.version} has no labelled faces")
    return Labelled.of(faces)


def errors_of(classifier: FaceClassifier, faces: Labelled, description: str) -> list[Errors]:
    """What a release's nets get wrong."""
    parts = [
        classifier.predict(faces.chips[start : start + _BATCH])
        for start in track(range(0, len(faces.chips), _BATCH), description, console=_console, transient=True)
    ]
    gender = np.concatenate([part.gender for part in parts])
    return [
        age_errors(np.concatenate([part.age_years for part in parts]), faces.age_years),
        class_errors(Figure.GENDER_ERRORS, gender, faces.gender),
        class_errors(Figure.EMOTION_ERRORS, np.concatenate([part.emotion for part in parts]), faces.emotion),
    ]


def verdict_json(verdict: Verdict, dataset: Dataset, faces: Labelled) -> dict[str, Any]:
    """A verdict, for whoever keeps it."""
    return {
        "dataset": dataset.about.name,
        "dataset_version": dataset.about.version,
        "faces": len(faces.chips),
        "passed": verdict.passed,
        "against": [*map(_too_few, verdict.too_few), *map(_clause, verdict.against)],
        "comparisons": [_row(each) for each in verdict.comparisons if each.worse_by.n],
    }


@app.command()
def judge(
    candidate: Annotated[Path, typer.Argument(help="Folder of the release that is to go into service")],
    data: Annotated[Path, typer.Option(help="Folder of a data set: the labelled faces of its test split decide")],
    in_service: Annotated[
        Path | None, typer.Option(help="Folder of the release in service; without it the nets that come with the code")
    ] = None,
    crops: Annotated[Crops, typer.Option(help="How many looks each face gets")] = Crops.BALANCED,
) -> None:
    """Compare a release with the one in service, face by face, by group."""
    try:
        dataset = read_dataset(data)
        faces = held_out(dataset)
        before = FaceClassifier.load(crops=crops) if in_service is None else _released(in_service, crops)
        errors_before = errors_of(before, faces, "In service")
        verdict = compare(errors_before, errors_of(_released(candidate, crops), faces, "Candidate"), faces.groups)
    except (ManifestError, GateError, ReleaseError) as error:
        sys.exit(f"not compared: {error}")
    _console.print(_table(verdict))
    typer.echo(json.dumps(verdict_json(verdict, dataset, faces)))


def _released(folder: Path, crops: Crops) -> FaceClassifier:
    _, sha256 = read_release(folder)
    return load_release(folder, sha256, crops=crops)


def _group(face: Face) -> str:
    if face.gender is None or face.age_years is None:
        return ""
    if face.age_years < _YOUNG_YEARS:
        return f"{face.gender}, under {_YOUNG_YEARS}"
    return f"{face.gender}, {_OLD_YEARS} and over" if face.age_years >= _OLD_YEARS else f"{face.gender}, between"


def _clause(of: Comparison) -> str:
    by = of.worse_by
    return (
        f"{of.figure} of {of.group} is worse by {by.value:.3g} ({by.low:.3g} to {by.high:.3g}, {by.n} faces), "
        f"and may be by {of.margin:.3g}"
    )


def _too_few(of: Comparison) -> str:
    return f"{of.worse_by.n} held-out faces have a label for {of.figure}, and it takes {LEAST_FACES} to say anything"


def _row(of: Comparison) -> dict[str, Any]:
    def interval(measured: Measured) -> list[float]:
        return [measured.value, measured.low, measured.high]

    return {
        "figure": str(of.figure),
        "group": of.group,
        "faces": of.worse_by.n,
        "before": interval(of.before),
        "after": interval(of.after),
        "worse_by": interval(of.worse_by),
        "margin": of.margin,
        "refused": of.refused,
    }


def _table(verdict: Verdict) -> Table:
    table = Table(title="Errors of the release in service and of the candidate")
    for column in ("figure", "group", "faces", "before", "after", "worse by (95 %)", "may be", ""):
        table.add_column(column, justify="left" if column in {"figure", "group", ""} else "right")
    for of in verdict.comparisons:
        by = of.worse_by
        table.add_row(
            str(of.figure),
            of.group,
            str(by.n),
            f"{of.before.value:.3g}",
            f"{of.after.value:.3g}",
            f"{by.value:+.3g} ({by.low:+.3g} to {by.high:+.3g})",
            f"{of.margin:.3g}",
            "refused" if of.refused else "",
        )
    return table


if __name__ == "__main__":
    app(prog_name="python -m models.evaluation.candidate")
