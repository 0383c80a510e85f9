"""Faces that were drawn to be labelled, and what somebody says of them. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from services.common.visitors import EMOTIONS
from services.common.vocabulary import Gender, Mood

OLDEST_YEARS: Final = 120.0
GENDERS: Final = (Gender.FEMALE, Gender.MALE)


class ReviewError(Exception):
    """What somebody says of a face cannot be.

    Args:
        reason: a constant in snake_case, by which the page finds its sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FaceLabel:
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
    def typed(cls, age: str, gender: str, emotion: str) -> Self:
        """A label as a form sends it.

        Raises:
            ReviewError: it is none.
        """
        try:
            years = float(age.strip().replace(",", ".")) if age.strip() else None
        except ValueError as error:
            raise ReviewError("no_age") from error
        if years is not None and not 0 <= years <= OLDEST_YEARS:
            raise ReviewError("no_age")
        if (gender and gender not in GENDERS) or (emotion and emotion not in EMOTIONS):
            raise ReviewError("no_choice")
        if years is None and not gender and not emotion:
            raise ReviewError("nothing")
        return cls(True, years, Gender(gender) if gender else None, Mood(emotion) if emotion else None)


@dataclass(frozen=True, slots=True)
class ReviewFace:
    """A face that was drawn, and what the models and people say of it.

    Args:
        age_years: and the ends of the interval that holds nine of ten true ages; None where it was not estimated.
        female_probability: 0 to 1.
        emotion_probabilities: in the order of EMOTIONS.
        consent: the person agreed that nets learn from it.
        said: what somebody has said of it, the newest; None where nobody has.
    """

    face_id: str
    shop: str
    camera: str
    captured_at: datetime
    consent: bool
    age_years: float
    age_low_years: float | None
    age_high_years: float | None
    female_probability: float
    emotion_probabilities: tuple[float, ...]
    said: FaceLabel | None = None

    @property
    def gender(self) -> tuple[Gender, float]:
        """The likelier gender, and its probability."""
        female = self.female_probability
        return (Gender.FEMALE, female) if female >= 0.5 else (Gender.MALE, 1 - female)

    @property
    def emotion(self) -> tuple[Mood, float]:
        """The likeliest emotion, and its probability."""
        return max(zip(EMOTIONS, self.emotion_probabilities, strict=True), key=lambda pair: pair[1])

    @property
    def as_predicted(self) -> FaceLabel:
        """The label of somebody to whom it is right as it is."""
        return FaceLabel(True, float(min(max(round(self.age_years), 0), OLDEST_YEARS)), self.gender[0], self.emotion[0])


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """How far it is, of the faces that somebody may see.

    Args:
        drawn: all.
        left: nobody has said anything of these.
    """

    drawn: int
    left: int
