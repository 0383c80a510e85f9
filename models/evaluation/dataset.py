"""Labelled faces of a folder: age_gender/labels.csv (file, age, gender, group), emotion/labels.csv (file, emotion, source)."""

import csv
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from models.evaluation.metrics import Bools, Ints
from models.predict.classifier import EMOTIONS, GENDERS

# Beside the checkout, not in it: nobody may publish these faces.
DEFAULT_FOLDER: Final = Path(__file__).parents[3] / "shared" / "eval"
SOURCES: Final = ("fer2013", "web")
LABELS: Final = "labels.csv"
_OLDEST_YEARS: Final = 120
# Of every twenty rows, one even and one odd: each half of the calibration's split keeps a tenth.
_TENTH_OF: Final = 20
_TENTH: Final = (0, 11)


class DataError(Exception):
    """The folder does not hold what it should."""


class _Faces:
    """What both sets have in common: columns of the same length, of which some rows can be kept."""

    __slots__ = ()

    def only(self, keep: Bools) -> Self:
        """The rows of which `keep` (n,) is true."""
        chosen = np.flatnonzero(keep)
        columns = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return type(self)(
            **{
                name: column[chosen] if isinstance(column, np.ndarray) else tuple(column[i] for i in chosen)
                for name, column in columns.items()
            }
        )


@dataclass(frozen=True, slots=True)
class AgeGenderFaces(_Faces):
    """Faces of known age and gender.

    Args:
        paths: of n images.
        rows: (n,) their lines in labels.csv, the first being 0.
        ages_years: (n,)
        genders: (n,) indices of GENDERS.
        groups: (n,) what annotators took people for: white, black, asian, indian, other.
    """

    paths: tuple[Path, ...]
    rows: Ints
    ages_years: Ints
    genders: Ints
    groups: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class EmotionFaces(_Faces):
    """Faces of known expression.

    Args:
        paths: of n images.
        rows: (n,) their lines in labels.csv, the first being 0.
        emotions: (n,) indices of EMOTIONS.
        sources: (n,) which of SOURCES they are from.
    """

    paths: tuple[Path, ...]
    rows: Ints
    emotions: Ints
    sources: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Dataset:
    """All labelled faces of a folder."""

    age_gender: AgeGenderFaces
    emotion: EmotionFaces

    def tenth(self) -> "Dataset":
        """Every tenth face, for trying things out."""
        return Dataset(
            self.age_gender.only(_in_tenth(self.age_gender.rows)), self.emotion.only(_in_tenth(self.emotion.rows))
        )


def read(folder: Path) -> Dataset:
    """Read the labels of a folder; images are read when they are needed.

    Raises:
        DataError: a file is missing, or a label means nothing.
    """
    return Dataset(_read_age_gender(folder / "age_gender"), _read_emotion(folder / "emotion"))


def load_rgb(path: Path) -> NDArray[np.uint8]:
    """An image's pixels, (h, w, 3) uint8 RGB, also where it is grey.

    Raises:
        DataError: it is not there, or is none.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise DataError(f"{path} cannot be read as an image: {error}") from error


def is_held_out(rows: Ints) -> Bools:
    """Which rows calibration is not fitted on: those with an odd index."""
    return np.asarray(rows % 2 == 1, np.bool_)


def _in_tenth(rows: Ints) -> Bools:
    return np.isin(rows % _TENTH_OF, _TENTH)


def _read_age_gender(folder: Path) -> AgeGenderFaces:
    lines = _read_lines(folder, ("file", "age", "gender", "group"))
    return AgeGenderFaces(
        paths=tuple(folder / line["file"] for line in lines),
        rows=np.arange(len(lines)),
        ages_years=np.array([_age(line["age"], folder) for line in lines], np.int64),
        genders=_indices([line["gender"] for line in lines], GENDERS, folder),
        groups=np.array([line["group"] for line in lines], np.str_),
    )


def _read_emotion(folder: Path) -> EmotionFaces:
    lines = _read_lines(folder, ("file", "emotion", "source"))
    sources = [line["source"] for line in lines]
    _indices(sources, SOURCES, folder)
    return EmotionFaces(
        paths=tuple(folder / line["file"] for line in lines),
        rows=np.arange(len(lines)),
        emotions=_indices([line["emotion"] for line in lines], EMOTIONS, folder),
        sources=np.array(sources, np.str_),
    )


def _read_lines(folder: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    path = folder / LABELS
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            lines = list(reader)
    except FileNotFoundError as error:
        raise DataError(f"{path} is not there") from error
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise DataError(f"{path} lacks the columns {', '.join(missing)}")
    return lines


def _age(text: str, folder: Path) -> int:
    if not text.isdecimal() or int(text) > _OLDEST_YEARS:
        raise DataError(f"{folder / LABELS}: {text!r} is no age in years")
    return int(text)


def _indices(names: list[str], known: tuple[str, ...], folder: Path) -> Ints:
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise DataError(f"{folder / LABELS}: {', '.join(unknown)} is none of {', '.join(known)}")
    return np.array([known.index(name) for name in names], np.int64)
