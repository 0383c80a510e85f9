"""Numbers and names as people read them."""

from datetime import date

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain import Level, Period, Place, Preset, Tally

MINUS = "\u2212"
NONE = "\u2013"

GENDERS = {Gender.FEMALE: "Women", Gender.MALE: "Men", Gender.UNKNOWN: "Unknown"}
# From the best to the worst; the order of the mood colours.
MOODS = {
    Mood.HAPPINESS: "Happy",
    Mood.SURPRISE: "Surprised",
    Mood.NEUTRAL: "Neutral",
    Mood.SADNESS: "Sad",
    Mood.FEAR: "Afraid",
    Mood.DISGUST: "Disgusted",
    Mood.ANGER: "Angry",
    Mood.UNKNOWN: "Unknown",
}
OUTCOMES = {
    "faces": "With a face",
    "no_face": "No face",
    "face_too_small": "Face too small",
    "unreadable": "Unreadable",
    "outside_hours": "Shop closed",
    "burst": "Burst",
    "not_photo": "No photo by name",
    "empty": "Empty file",
    "not_jpeg": "Not a JPEG",
    "truncated": "Cut off",
    "too_large": "File too large",
    "too_many_pixels": "Too many pixels",
    "disabled": "Disabled",
}
PRESETS = {
    Preset.TODAY: "Today",
    Preset.WEEK: "7 days",
    Preset.FOUR_WEEKS: "28 days",
    Preset.QUARTER: "13 weeks",
}
INSIDE = {Level.WORLD: ("Regions", "Region"), Level.REGION: ("Cities", "City"), Level.CITY: ("Shops", "Shop")}
_PLURALS = {Level.REGION: "regions", Level.CITY: "cities", Level.SHOP: "shops"}


def count(number: int) -> str:
    """9413 -> 9,413."""
    return f"{number:,}"


def share(part: float | None) -> str:
    """0.543 -> 54.3%."""
    return NONE if part is None else f"{100 * part:.1f}%"


def signed(number: float | None) -> str:
    """-3.2 -> minus 3, with the true minus sign."""
    if number is None:
        return NONE
    rounded = round(number)
    return f"+{rounded}" if rounded > 0 else f"{MINUS}{-rounded}" if rounded < 0 else "±0"


def drift(seconds: float) -> str:
    """-7200 -> clock 2 h slow, or upload late."""
    size = abs(seconds)
    amount = (
        f"{size / 60:.0f} min"
        if size < 7200
        else f"{size / 3600:.0f} h"
        if size < 172_800
        else f"{size / 86_400:.0f} d"
    )
    return f"clock {amount} fast" if seconds > 0 else f"clock {amount} slow, or uploads late"


def band(age_band: AgeBand | None) -> str:
    """25-34 -> 25–34."""
    return NONE if age_band is None else age_band.value.replace("-", NONE)


def day(when: date, *, year: bool = False) -> str:
    """24 Nov, or 24 Nov 2026."""
    return f"{when.day} {when:%b}" + (f" {when.year}" if year else "")


def span(period: Period) -> str:
    """27 Oct – 23 Nov 2026."""
    if period.days == 1:
        return day(period.last, year=True)
    return f"{day(period.first, year=period.first.year != period.last.year)} {NONE} {day(period.last, year=True)}"


def how_long(period: Period) -> str:
    """Today, in 28 days ..."""
    if period.preset is Preset.TODAY:
        return "today"
    return "in one day" if period.days == 1 else f"in {period.days} days"


def path(place: Place) -> str:
    """Address of a place's page."""
    return "/" if place.level is Level.WORLD else f"/{_PLURALS[place.level]}/{place.slug}"


def query(period: Period) -> str:
    """The part of an address that says the period."""
    if period.preset is None:
        return f"?from={period.first}&to={period.last}"
    return "" if period.preset is Preset.FOUR_WEEKS else f"?period={period.preset}"


def digest(tally: Tally) -> list[tuple[str, bool]]:
    """One sentence that a manager can repeat: pieces, and whether each is emphasised."""
    visitors = tally.visitors
    if not visitors.total:
        return [("No visitors", True), (f" were counted {how_long(tally.period)}.", False)]
    noun = "visitor" if visitors.total == 1 else "visitors"
    pieces = [(f"{count(visitors.total)} {noun}", True), (f" {how_long(tally.period)}", False)]
    busiest = max(range(24), key=lambda hour: visitors.by_hour[hour])
    pieces.append((f", most of them between {busiest:02d}:00 and {(busiest + 1) % 24:02d}:00.", False))
    if visitors.women_share is not None:
        pieces.append((f" {share(visitors.women_share)} were women", False))
        pieces.append((f", and the mood index was {signed(visitors.mood_index)}.", False))
    return pieces
