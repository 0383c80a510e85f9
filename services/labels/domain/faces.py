"""Faces that may be drawn, and what was estimated of them. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.common.visitors import EMOTIONS
from services.common.vocabulary import Gender, Mood

GENDERS: Final = (Gender.FEMALE, Gender.MALE)
# The widest interval of an age that is told apart from a wider one.
_WIDEST_YEARS: Final = 60.0


class LabelsError(Exception):
    """What was asked for cannot be. The message is a clause."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the models said of a face.

    Args:
        age_years: and the ends of the interval that holds nine of ten true ages; None where it was not estimated.
        female_probability: 0 to 1.
        emotion_probabilities: in the order of EMOTIONS.
    """

    age_years: float
    female_probability: float
    emotion_probabilities: tuple[float, ...]
    age_low_years: float | None = None
    age_high_years: float | None = None

    @property
    def gender(self) -> Gender:
        """The likelier one."""
        return Gender.FEMALE if self.female_probability >= 0.5 else Gender.MALE

    @property
    def emotion(self) -> Mood:
        """The likeliest one."""
        return max(zip(self.emotion_probabilities, EMOTIONS, strict=True), key=lambda pair: pair[0])[1]

    @property
    def doubt(self) -> float:
        """How little it says, 0 to 3: entropy of the gender, of the emotion, width of the age's interval, each 0 to 1."""
        if self.age_low_years is None or self.age_high_years is None:
            width = 0.0
        else:
            width = min(1.0, max(0.0, self.age_high_years - self.age_low_years) / _WIDEST_YEARS)
        return (
            _entropy((self.female_probability, 1 - self.female_probability))
            + _entropy(self.emotion_probabilities)
            + width
        )

    def difference(self, other: "Estimate") -> float:
        """How far another one is from it, 0 to 3: of gender, of emotion, of age, each 0 to 1."""
        emotions = zip(self.emotion_probabilities, other.emotion_probabilities, strict=True)
        return (
            abs(self.female_probability - other.female_probability)
            + sum(abs(ours - theirs) for ours, theirs in emotions) / 2
            + min(1.0, abs(self.age_years - other.age_years) / _WIDEST_YEARS)
        )


def _entropy(probabilities: Sequence[float]) -> float:
    """0: one is certain; 1: all are as likely."""
    return -sum(p * math.log(p, len(probabilities)) for p in probabilities if p > 0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recorded face that was not drawn yet.

    Args:
        photo_id: the photo.
        face_index: its number in the photo.
        local_day: of the photo, in the shop's time.
        object_key: where the photo is in the store.
        box: left, top, width, height, pixels of the photo in full size.
        score: the detector's.
        quality: good or usable.
        estimate: as recorded.
        other: what the release in shadow said; None where none did.
    """

    photo_id: UUID
    face_index: int
    local_day: date
    camera: str
    shop: str
    captured_at: datetime
    received_at: datetime
    object_key: str
    box: tuple[int, int, int, int]
    score: float
    quality: str
    classifier_version: str
    estimate: Estimate
    other: Estimate | None = None

    @property
    def face_id(self) -> str:
        """Its own, everywhere."""
        return f"{self.photo_id.hex}-{self.face_index}"
