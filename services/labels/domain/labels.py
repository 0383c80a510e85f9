"""What people say of faces. Pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Self, TypeVar

from services.common.visitors import EMOTIONS
from services.common.vocabulary import Gender, Mood
from services.labels.domain.faces import GENDERS, Estimate, LabelsError

T = TypeVar("T", Gender, Mood)
OLDEST_YEARS: Final = 120.0
# What says that there is no face, or none that anybody could judge.
NO_FACE: Final = "no"
_FACE_ID: Final = re.compile(r"[0-9a-f]{32}-[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody says of a face. What they do not know is None.

    Args:
        is_face: False: there is none, or none that anybody could judge.
        age_years: 0 to 120.
    """

    is_face: bool
    age_years: float | None = None
    gender: Gender | None = None
    emotion: Mood | None = None

    @classmethod
    def parsed(cls, usable: str, age: str, gender: str, emotion: str) -> Self | None:
        """A label as people write it; None where they have written nothing.

        Args:
            usable: `no` where there is no usable face; `yes` or empty else.
            age: years.

        Raises:
            LabelsError: it is none; in words.
        """
        usable, age, gender, emotion = (text.strip().lower() for text in (usable, age, gender, emotion))
        if usable not in ("", "yes", NO_FACE):
            raise LabelsError(f"usable is yes, no or empty, not {usable[:40]!r}")
        if usable == NO_FACE:
            if age or gender or emotion:
                raise LabelsError("a face that is not usable has no age, gender or emotion")
            return cls(is_face=False)
        if not (age or gender or emotion):
            return None
        return cls(True, _age(age), _one_of(Gender, GENDERS, gender), _one_of(Mood, EMOTIONS, emotion))


def _age(text: str) -> float | None:
    if not text:
        return None
    try:
        years = float(text)
    except ValueError as error:
        raise LabelsError(f"{text[:40]!r} is no age") from error
    if not 0 <= years <= OLDEST_YEARS:
        raise LabelsError(f"an age is from 0 to {OLDEST_YEARS:g} years, not {text[:40]}")
    return years


def _one_of(kind: type[T], allowed: tuple[T, ...], text: str) -> T | None:
    if text and text not in allowed:
        raise LabelsError(f"{text[:40]!r} is none of {', '.join(allowed)}")
    return kind(text) if text else None


def parse_face_id(text: str) -> str:
    """A face's id.

    Raises:
        LabelsError: it is none.
    """
    if not _FACE_ID.fullmatch(text.strip()):
        raise LabelsError(f"{text[:60]!r} is not the id of a face")
    return text.strip()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which drawn faces are meant: those to which all of this applies.

    Args:
        face_ids: any of these; empty: all.
        shops: of any of these, slugs; empty: all.
        since: first day, in each shop's time; None: from the first on.
        until: last day; None: up to the last.

    Raises:
        LabelsError: nothing is said at all, what is no face's id is among them, or the days are in the wrong order.
    """

    face_ids: tuple[str, ...] = ()
    shops: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        """Whoever says nothing does not mean everybody."""
        if not (self.face_ids or self.shops or self.since or self.until):
            raise LabelsError("say which faces: their ids, --shop, --since or --until")
        if self.since and self.until and self.since > self.until:
            raise LabelsError("the first day is after the last one")
        for face_id in self.face_ids:
            parse_face_id(face_id)


@dataclass(frozen=True, slots=True)
class DrawnFace:
    """A face that was drawn, and what is known of it.

    Args:
        chip: PNG of (144, 144, 3) uint8 RGB.
        box: left, top, width, height, pixels of the photo in full size.
        consent: the person agreed that nets learn from it.
        label: the newest; None where nobody has said anything.
        labelled_by: whose that is.
        labelled_at: UTC.
    """

    face_id: str
    photo_id: str
    chip: bytes
    box: tuple[int, int, int, int]
    camera: str
    shop: str
    captured_at: datetime
    quality: str
    consent: bool
    classifier_version: str
    estimate: Estimate
    label: Label | None = None
    labelled_by: str | None = None
    labelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far labelling is, of the faces that were drawn in one way.

    Args:
        drawn: all.
        labelled: of which somebody said something of a face.
        no_face: of which somebody said that there is no usable one.
        consent: whose people agreed that nets learn from them.
    """

    by: str
    drawn: int
    labelled: int
    no_face: int
    consent: int

    @property
    def left(self) -> int:
        """Nobody has said anything of these."""
        return self.drawn - self.labelled - self.no_face
