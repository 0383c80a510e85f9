"""What an estimate makes of a visitor: age band, gender and mood, and the group in which tallies count them. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.common.vocabulary import AgeBand, Gender, Mood, Quality

EMOTIONS: Final = tuple(mood for mood in Mood if mood is not Mood.UNKNOWN)
# First age of each band after the first.
_BAND_STARTS: Final = (13, 18, 25, 35, 45, 55, 65)
_GENDERS: Final = {gender: number for number, gender in enumerate(Gender)}
_BANDS: Final = {band: number for number, band in enumerate(AgeBand)}
_MOODS: Final = {mood: number for number, mood in enumerate(Mood)}
# Groups of visitors: every gender with every age band with every mood.
CELLS: Final = len(Gender) * len(AgeBand) * len(Mood)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What an estimate must reach to count as known.

    Args:
        gender_probability: the least with which a gender is known.
        emotion_probability: the least with which a mood is known.
        mood_quality: the least of a face whose mood is known.
    """

    gender_probability: float
    emotion_probability: float
    mood_quality: Quality


class Group(NamedTuple):
    """What tallies know of a visitor."""

    gender: Gender
    age_band: AgeBand
    mood: Mood

    @property
    def cell(self) -> int:
        """Its number, from 0: genders, within them age bands, within them moods, in the vocabulary's order."""
        return (_GENDERS[self.gender] * len(AgeBand) + _BANDS[self.age_band]) * len(Mood) + _MOODS[self.mood]


def group(
    age_years: float,
    female_probability: float,
    emotion_probabilities: Sequence[float],
    quality: Quality,
    thresholds: Thresholds,
) -> Group:
    """The group of a face.

    Args:
        age_years: estimated.
        female_probability: estimated.
        emotion_probabilities: estimated, in the order of EMOTIONS.
        quality: of the face.
        thresholds: from when on an estimate counts as known.
    """
    return Group(
        gender(female_probability, thresholds.gender_probability),
        age_band(age_years),
        mood(emotion_probabilities, thresholds.emotion_probability)
        if quality.reaches(thresholds.mood_quality)
        else Mood.UNKNOWN,
    )


def age_band(age_years: float) -> AgeBand:
    """The band of an age in completed years; an estimate below zero is a baby."""
    years = math.floor(age_years)
    return tuple(AgeBand)[sum(years >= start for start in _BAND_STARTS)]


def gender(female_probability: float, threshold: float) -> Gender:
    """The likelier gender, or unknown when it is not likely enough."""
    if max(female_probability, 1 - female_probability) < threshold:
        return Gender.UNKNOWN
    return Gender.FEMALE if female_probability >= 0.5 else Gender.MALE


def mood(probabilities: Sequence[float], threshold: float) -> Mood:
    """The likeliest emotion, or unknown when it is not likely enough.

    Args:
        probabilities: in the order of EMOTIONS.
        threshold: the least that counts.
    """
    likeliest, probability = max(zip(EMOTIONS, probabilities, strict=True), key=lambda pair: pair[1])
    return likeliest if probability >= threshold else Mood.UNKNOWN
