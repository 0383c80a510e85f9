"""The groups in which visitors are tallied, in the order in which they are stored and shown."""

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


# Mood index of a group = (positive - negative) / all.
POSITIVE_MOODS = frozenset({Mood.HAPPINESS})
NEGATIVE_MOODS = frozenset({Mood.SADNESS, Mood.ANGER, Mood.DISGUST, Mood.FEAR})
