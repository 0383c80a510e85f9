"""Names of what is counted, in the language that is spoken."""

from typing import Final

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain.periods import Comparison, Preset, Step
from services.report.domain.places import Level, Place
from services.report.pages.i18n import _

NONE: Final = "\u2013"
# From the best to the worst: the order in which moods are shown, and of their colours.
MOOD_ORDER: Final = (
    Mood.HAPPINESS,
    Mood.SURPRISE,
    Mood.NEUTRAL,
    Mood.SADNESS,
    Mood.FEAR,
    Mood.DISGUST,
    Mood.ANGER,
    Mood.UNKNOWN,
)
_ADDRESSES: Final = {Level.REGION: "regions", Level.CITY: "cities", Level.SHOP: "shops", Level.GROUP: "groups"}


def gender(which: Gender) -> str:
    """Women, Men, Unknown."""
    return {Gender.FEMALE: _("Women"), Gender.MALE: _("Men"), Gender.UNKNOWN: _("Unknown")}[which]


def mood(which: Mood) -> str:
    """Happy, Sad ..."""
    return {
        Mood.HAPPINESS: _("Happy"),
        Mood.SURPRISE: _("Surprised"),
        Mood.NEUTRAL: _("Neutral"),
        Mood.SADNESS: _("Sad"),
        Mood.FEAR: _("Afraid"),
        Mood.DISGUST: _("Disgusted"),
        Mood.ANGER: _("Angry"),
        Mood.UNKNOWN: _("Unknown"),
    }[which]


def band(which: AgeBand | None) -> str:
    """25-34 -> 25–34."""
    return NONE if which is None else which.value.replace("-", NONE)


def preset(which: Preset) -> str:
    """A period, as its button says it."""
    return {
        Preset.TODAY: _("Today"),
        Preset.YESTERDAY: _("Yesterday"),
        Preset.WEEK: _("7 days"),
        Preset.FOUR_WEEKS: _("28 days"),
        Preset.QUARTER: _("13 weeks"),
        Preset.YEAR: _("Year"),
    }[which]


def step(which: Step) -> str:
    """A step, as its button says it."""
    return {Step.HOUR: _("Hour"), Step.DAY: _("Day"), Step.WEEK: _("Week"), Step.MONTH: _("Month")}[which]


def per_step(which: Step) -> str:
    """Per hour, per day ..."""
    return {
        Step.HOUR: _("per hour"),
        Step.DAY: _("per day"),
        Step.WEEK: _("per week"),
        Step.MONTH: _("per month"),
    }[which]


def comparison(which: Comparison) -> str:
    """What something is compared with, as a menu says it."""
    return {
        Comparison.PREVIOUS: _("Period before"),
        Comparison.YEAR: _("Year before"),
        Comparison.NONE: _("Nothing"),
    }[which]


def level(which: Level) -> str:
    """What a place is."""
    return {
        Level.WORLD: _("World"),
        Level.REGION: _("Region"),
        Level.CITY: _("City"),
        Level.SHOP: _("Shop"),
        Level.GROUP: _("Group"),
        Level.YOURS: _("Your places"),
    }[which]


def levels(which: Level) -> str:
    """What several such places are."""
    return {
        Level.WORLD: _("Worlds"),
        Level.REGION: _("Regions"),
        Level.CITY: _("Cities"),
        Level.SHOP: _("Shops"),
        Level.GROUP: _("Groups"),
        Level.YOURS: _("Your places"),
    }[which]


def place(which: Place) -> str:
    """A place's name; the world and a viewer's own places have theirs in each language."""
    return level(which.level) if which.level in (Level.WORLD, Level.YOURS) else which.name


def path(which: Place) -> str:
    """Address of a place's page."""
    folder = _ADDRESSES.get(which.level)
    return f"/{folder}/{which.slug}" if folder else "/"


def outcome(which: str) -> str:
    """What became of a camera's upload."""
    return {
        "faces": _("With a face"),
        "no_face": _("No face"),
        "face_too_small": _("Face too small"),
        "unreadable": _("Unreadable"),
        "outside_hours": _("Shop closed"),
        "burst": _("Burst"),
        "not_photo": _("No photo by name"),
        "empty": _("Empty file"),
        "not_jpeg": _("Not a JPEG"),
        "truncated": _("Cut off"),
        "too_large": _("File too large"),
        "too_many_pixels": _("Too many pixels"),
        "disabled": _("Disabled"),
    }[which]
