"""Everything that is measured, in order, on one data set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models.evaluation.classification import Estimates, SeenFaces, estimate, estimate_raw, find_faces
from models.evaluation.dataset import Dataset, is_held_out
from models.evaluation.detection import FULL, QUICK, Detection, detect
from models.evaluation.figures import AgesAndGenders, Classification, Emotions, Plan, Split
from models.evaluation.metrics import Bools, Ints
from models.evaluation.subjects import Classifier, Finder

# Of a step of the work with a number of things to do: begins a progress bar, and gives what moves it.
Begin = Callable[[str, int], Callable[[int], None]]


@dataclass(frozen=True, slots=True)
class Subjects:
    """What is measured.

    Args:
        finders: by method.
        method: the one in service.
        classifiers: by plan of crops, the cheapest first.
        plan: the one in service.
    """

    finders: Mapping[str, Finder]
    method: str
    classifiers: Mapping[str, Classifier]
    plan: str


@dataclass(frozen=True, slots=True)
class Results:
    """What came out.

    Args:
        detection: faces and boxes.
        method: the one in service.
        classification: ages, genders, emotions.
        quick: only a tenth was measured.
    """

    detection: Detection
    method: str
    classification: Classification
    quick: bool


def measure(subjects: Subjects, data: Dataset, begin: Begin, *, fitted_on: bool, quick: bool) -> Results:
    """Measure all.

    Args:
        subjects: what is measured.
        data: labelled faces.
        begin: makes progress bars.
        fitted_on: half of these faces are what calibration was fitted on.
        quick: take every tenth face and frame.

    Raises:
        DataError: an image cannot be read, or a package with backgrounds is not installed.
    """
    if quick:
        data = data.tenth()
    classification = _classify(subjects, data, begin, fitted_on=fitted_on)
    extent = QUICK if quick else FULL
    detection = detect(subjects.finders, data, extent, begin("Looking at frames", extent.frames(data)))
    return Results(detection, subjects.method, classification, quick)


def find_all(finder: Finder, data: Dataset, begin: Begin) -> tuple[SeenFaces, SeenFaces]:
    """Find the labelled faces: those of known age and gender, and those of known expression."""
    advance = begin("Finding faces", len(data.age_gender.paths) + len(data.emotion.paths))
    return find_faces(finder, data.age_gender.paths, advance), find_faces(finder, data.emotion.paths, advance)


def _classify(subjects: Subjects, data: Dataset, begin: Begin, *, fitted_on: bool) -> Classification:
    seen = find_all(subjects.finders[subjects.method], data, begin)
    faces = sum(len(part.chips) for part in seen)
    plans: dict[str, tuple[Estimates, Estimates]] = {}
    for name, classifier in subjects.classifiers.items():
        advance = begin(f"Estimating: {name}", faces)
        plans[name] = estimate(classifier, seen[0].chips, advance), estimate(classifier, seen[1].chips, advance)
    advance = begin("Estimating: not calibrated", faces)
    raw = tuple(estimate_raw(subjects.classifiers[subjects.plan], part.chips, advance) for part in seen)

    def split(rows: Callable[[Ints], Bools]) -> Split:
        ages, emotions = plans[subjects.plan]
        return Split(
            AgesAndGenders(data.age_gender, seen[0], ages, raw[0], rows(data.age_gender.rows)),
            Emotions(data.emotion, seen[1], emotions, raw[1], rows(data.emotion.rows)),
        )

    return Classification(
        all_rows=split(lambda rows: rows >= 0),
        held_out=split(is_held_out) if fitted_on else None,
        plans=tuple(_plan(name, data, seen, estimates) for name, estimates in plans.items()),
        plan=subjects.plan,
        cpu_ms_per_photo=float(np.mean([part.cpu_ms_per_photo for part in seen])),
    )


def _plan(name: str, data: Dataset, seen: tuple[SeenFaces, SeenFaces], estimates: tuple[Estimates, Estimates]) -> Plan:
    counts = [len(part.index) for part in seen]
    costs = [part.cpu_ms_per_face for part in estimates]
    return Plan(
        name,
        AgesAndGenders(data.age_gender, seen[0], estimates[0]),
        Emotions(data.emotion, seen[1], estimates[1]),
        cpu_ms_per_face=sum(n * cost for n, cost in zip(counts, costs, strict=True) if n) / max(1, sum(counts)),
    )
