"""The groups in which visitors are tallied, in the order in which they are stored and shown; what a face is worth."""

from enum import StrEnum


class Gender(StrEnum):
    """Gender as estimated from a face; `unknown` when the estimate is not sure enough."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class Mood(StrEnum):
    """The strongest of seven emotions; `unknown` when none is strong enough.

    Azure's eighth emotion, contempt, is never predicted.
    """

    NEUTRAL = "neutral"
    HAPPINESS = "happiness"
    SURPRISE = "surprise"
    SADNESS = "sadness"
    ANGER = "anger"
    DISGUST = "disgust"
    FEAR = "fear"
    UNKNOWN = "unknown"


class AgeBand(StrEnum):
    """Age in whole years, both ends included."""

    AGE_0_12 = "0-12"
    AGE_13_17 = "13-17"
    AGE_18_24 = "18-24"
    AGE_25_34 = "25-34"
    AGE_35_44 = "35-44"
    AGE_45_54 = "45-54"
    AGE_55_64 = "55-64"
    AGE_65_UP = "65+"


class Quality(StrEnum):
    """How far a face's picture can be relied on, the best first: for all, for age and gender, for nothing."""

    GOOD = "good"
    USABLE = "usable"
    REJECTED = "rejected"

    def reaches(self, least: "Quality") -> bool:
        """Whether it is as good as that, or better."""
        order = list(Quality)
        return order.index(self) <= order.index(least)


class QualityReason(StrEnum):
    """What keeps a face from being good; the gravest, where there are several.

    `none`: nothing, it is good. `eyes_too_close`: too few pixels between the eyes.
    `blurred`: out of focus, moved, or compressed too much. `too_dark`, `too_bright`: its light. `turned_away`: it does
    not look into the camera.
    """

    NONE = "none"
    EYES_TOO_CLOSE = "eyes_too_close"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TURNED_AWAY = "turned_away"


# Mood index of a group = (positive - negative) / all.
POSITIVE_MOODS = frozenset({Mood.HAPPINESS})
NEGATIVE_MOODS = frozenset({Mood.SADNESS, Mood.ANGER, Mood.DISGUST, Mood.FEAR})
