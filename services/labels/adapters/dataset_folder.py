"""Drawn faces as a data set in a folder, as training reads it."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from models.dataset.face import OLDEST_YEARS, Face, ManifestError
from models.dataset.manifest import About, write
from models.quality import Level
from services.labels.domain.faces import LabelsError
from services.labels.domain.labels import DrawnFace


def write_folder(folder: Path, faces: Iterable[DrawnFace], *, name: str, drawn_from: str, made_at: datetime) -> About:
    """Write a data set.

    Args:
        folder: that is made.
        faces: usable ones; they need not be labelled.
        name: of the data set.
        drawn_from: what the faces are of, in a sentence.
        made_at: UTC.

    Raises:
        LabelsError: there are none, or one of them cannot be.
    """
    try:
        return write(folder, map(_face, faces), name=name, drawn_from=drawn_from, made_at=made_at)
    except ManifestError as error:
        raise LabelsError(str(error)) from error


def _face(drawn: DrawnFace) -> Face:
    estimate, label = drawn.estimate, drawn.label
    left, top, width, height = map(float, drawn.box)
    return Face(
        face_id=drawn.face_id,
        chip=drawn.chip,
        box=(left, top, width, height),
        photo=drawn.photo_id,
        shop=drawn.shop,
        camera=drawn.camera,
        captured_at=drawn.captured_at,
        quality=Level(drawn.quality),
        consent=drawn.consent,
        model_version=drawn.classifier_version,
        # An estimate may be below zero: it is a baby's.
        predicted_age_years=min(max(estimate.age_years, 0.0), OLDEST_YEARS),
        predicted_gender=(estimate.female_probability, 1 - estimate.female_probability),
        predicted_emotion=estimate.emotion_probabilities,
        age_years=label.age_years if label else None,
        gender=label.gender if label else None,
        emotion=label.emotion if label else None,
        labelled_by=drawn.labelled_by,
        labelled_at=drawn.labelled_at,
    )
