"""Views as tables."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from services.report.domain.cameras import Camera
from services.report.domain.counts import BANDS, GENDERS, MOODS
from services.report.domain.filters import Filters
from services.report.domain.periods import Step
from services.report.domain.sheets import FEW, Cell, Column, Kind, Sheet, few_if_none
from services.report.domain.shown import ShownCounts, ShownHeatCell, ShownPlace, ShownPoint
from services.report.domain.suppression import ALL, Published
from services.report.pages import camera_words, names, words
from services.report.pages.i18n import _


def time(points: Sequence[ShownPoint], step: Step, key: str = "time", title: str = "") -> Sheet:
    """Every step of a period."""
    when = Column(names.step(step), Kind.MOMENT if step is Step.HOUR else Kind.DATE)
    return Sheet(
        key,
        title or _("Over time"),
        (when, *_people_columns()),
        tuple((point.start if step is Step.HOUR else point.start.date(), *_point(point)) for point in points),
    )


def _people_columns() -> tuple[Column, ...]:
    return (
        Column(_("Visitors")),
        Column(_("Coverage"), Kind.SHARE),
        Column(_("Women, share of known"), Kind.SHARE),
        Column(_("Mood index"), Kind.INDEX),
        Column(_("Median age"), Kind.YEARS),
        *(Column(_gender(i)) for i in range(len(GENDERS))),
        *(Column(_("Age %(band)s") % {"band": names.band(band)}) for band in BANDS),
        *(Column(_mood(i)) for i in range(len(MOODS))),
    )


def _point(point: ShownPoint) -> tuple[Cell, ...]:
    if point.is_gap or point.was_closed:
        nothing: tuple[Cell, ...] = (None,) * (3 + len(GENDERS) + len(BANDS) + len(MOODS))
        return (None, point.counts.coverage, *nothing)
    return _people(point.counts)


def _people(counts: ShownCounts) -> tuple[Cell, ...]:
    groups = (*counts.genders, *counts.bands, *counts.moods)
    return (
        few_if_none(counts.visitors),
        counts.coverage,
        counts.women_share,
        counts.mood_index,
        counts.median_age_years,
        *map(few_if_none, groups),
    )


def ages(table: Published, filters: Filters) -> Sheet:
    """Age by gender, of those who pass the filters."""
    mood = MOODS.index(filters.mood) if filters.mood else ALL
    genders = [GENDERS.index(filters.gender)] if filters.gender else list(range(len(GENDERS)))
    bands = [BANDS.index(filters.band)] if filters.band else list(range(len(BANDS)))
    everybody = [] if filters.gender else [ALL]
    rows = [(names.band(BANDS[b]), *(few_if_none(table.at(g, b, mood)) for g in genders + everybody)) for b in bands]
    columns = [Column(_gender(g)) for g in genders] + [Column(_("All")) for _all in everybody]
    return Sheet("ages", _("Age and gender"), (Column(_("Age"), Kind.TEXT), *columns), tuple(rows))


def moods(now: ShownCounts, before: ShownCounts | None) -> Sheet:
    """Visitors by mood, and in the other period."""
    rows: list[tuple[Cell, ...]] = []
    for mood in names.MOOD_ORDER:
        i = MOODS.index(mood)
        count = now.moods[i]
        share = None if count is None or not now.visitors else count / now.visitors
        earlier = () if before is None else (few_if_none(before.moods[i]),)
        rows.append((names.mood(mood), few_if_none(count), share, *earlier))
    other = () if before is None else (Column(_("Period before")),)
    return Sheet(
        "moods",
        _("Mood"),
        (Column(_("Mood"), Kind.TEXT), Column(_("Visitors")), Column(_("Share"), Kind.SHARE), *other),
        tuple(rows),
    )


def hours(cells: Sequence[ShownHeatCell]) -> Sheet:
    """Every hour of the week in which a shop was open."""
    return Sheet(
        "week",
        _("Hours of the week"),
        (
            Column(_("Weekday"), Kind.TEXT),
            Column(_("Hour"), Kind.TEXT),
            Column(_("Visitors")),
            Column(_("Mood index"), Kind.INDEX),
            Column(_("Median age"), Kind.YEARS),
            Column(_("Coverage"), Kind.SHARE),
        ),
        tuple(
            (
                words.weekday(cell.weekday, long=True),
                words.hour(cell.hour),
                None if cell.is_gap else few_if_none(cell.visitors),
                cell.mood_index,
                cell.median_age_years,
                cell.coverage,
            )
            for cell in cells
        ),
    )


def places(shown: Sequence[ShownPlace], ranks: Sequence[int | None] | None = None) -> Sheet:
    """Places beside each other; with ranks where it is a league."""
    first = () if ranks is None else (Column(_("Rank")),)
    columns = (
        *first,
        Column(_("Place"), Kind.TEXT),
        Column(_("City"), Kind.TEXT),
        Column(_("Region"), Kind.TEXT),
        Column(_("Visitors")),
        Column(_("Change"), Kind.CHANGE),
        Column(_("Per open hour"), Kind.DECIMAL),
        Column(_("Women, share of known"), Kind.SHARE),
        Column(_("Mood index"), Kind.INDEX),
        Column(_("Median age"), Kind.YEARS),
        Column(_("Coverage"), Kind.SHARE),
    )
    rows = []
    for i, place in enumerate(shown):
        empty = place.counts.is_gap or place.counts.was_closed
        rank: tuple[Cell, ...] = () if ranks is None else (ranks[i],)
        rows.append(
            (
                *rank,
                names.place(place.site.place),
                place.site.city or None,
                place.site.region or None,
                None if empty else few_if_none(place.visitors),
                place.change,
                place.per_open_hour,
                place.women_share,
                place.mood_index,
                place.median_age_years,
                place.coverage,
            )
        )
    return Sheet("places", _("Places"), columns, tuple(rows))


def side_by_side(subjects: Sequence[tuple[str, str, ShownCounts, float | None]]) -> Sheet:
    """Places or periods that are compared.

    Args:
        subjects: place, period, numbers, change against the first one.
    """
    return Sheet(
        "compare",
        _("Side by side"),
        (
            Column(_("Place"), Kind.TEXT),
            Column(_("Period"), Kind.TEXT),
            Column(_("Against the first"), Kind.CHANGE),
            *_people_columns(),
        ),
        tuple((place, period, change, *_people(counts)) for place, period, counts, change in subjects),
    )


def cameras(listed: Sequence[Camera]) -> Sheet:
    """Cameras and how they are. No numbers of visitors: nothing to hide."""
    return Sheet(
        "cameras",
        _("Cameras"),
        (
            Column(_("Camera"), Kind.TEXT),
            Column(_("Shop"), Kind.TEXT),
            Column(_("City"), Kind.TEXT),
            Column(_("State"), Kind.TEXT),
            Column(_("To do"), Kind.TEXT),
            Column(_("Last photo"), Kind.MOMENT),
            Column(_("Photos")),
            Column(_("No face"), Kind.SHARE),
            Column(_("Too small"), Kind.SHARE),
            Column(_("Too dark"), Kind.SHARE),
            Column(_("Refused"), Kind.SHARE),
            Column(_("Clock off, seconds")),
        ),
        tuple(
            (
                camera.camera,
                camera.shop_name,
                camera.city_name,
                camera_words.state(camera.state),
                ", ".join(camera_words.trouble(trouble) for trouble in camera.troubles) or None,
                None if camera.last_photo_at is None else camera.last_photo_at.replace(tzinfo=None),
                camera.photos,
                camera.no_face.share,
                camera.too_small.share,
                camera.too_dark.share,
                camera.turned_down.share,
                None if camera.drift_s is None else round(camera.drift_s),
            )
            for camera in listed
        ),
    )


def shown_cell(cell: Cell, kind: Kind, min_cell: int) -> str:
    """A cell as people read it, for print and mail."""
    if cell is FEW:
        return words.hidden(min_cell)
    if isinstance(cell, date):
        return words.weekday_day(cell, year=True) + (f", {cell:%H:%M}" if kind is Kind.MOMENT else "")
    if isinstance(cell, int | float):
        return _WRITTEN.get(kind, words.count)(cell)
    return str(cell or names.NONE)


_WRITTEN: Final[dict[Kind, Callable[[float], str]]] = {
    Kind.SHARE: words.share,
    Kind.CHANGE: words.change,
    Kind.INDEX: words.signed,
    Kind.DECIMAL: words.decimal,
}


def _gender(i: int) -> str:
    unknown = i == len(GENDERS) - 1
    return _("Gender unknown") if unknown else names.gender(GENDERS[i])


def _mood(i: int) -> str:
    unknown = i == len(MOODS) - 1
    return _("Mood unknown") if unknown else names.mood(MOODS[i])
