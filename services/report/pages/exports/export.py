"""A view that leaves the service: its tables, what they are of, who wanted them and when."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from services.report.domain.filters import Filters
from services.report.domain.people import Viewer
from services.report.domain.periods import Period
from services.report.domain.places import Setting
from services.report.domain.sheets import Sheet
from services.report.pages import names, words
from services.report.pages.i18n import _


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart, for print.

    Args:
        svg: without scripts, in our colours.
        is_wide: it needs the whole width of the page.
    """

    title: str
    svg: Markup
    is_wide: bool = True


@dataclass(frozen=True, slots=True)
class Export:
    """Everything that a file says.

    Args:
        title: of the view.
        place: its name.
        when: the period, in words; empty where there is none.
        facts: label and text: place, period, filters, who and when.
        sheets: the first one is what CSV has.
        notes: how to read the numbers.
        digest: what the view says, in a sentence or two.
        drawings: what print shows above the tables.
        min_cell: smaller counts are hidden.
        stem: of the file's name: letters, digits and hyphens.
    """

    title: str
    place: str
    when: str
    facts: tuple[tuple[str, str], ...]
    sheets: tuple[Sheet, ...]
    min_cell: int
    stem: str
    notes: tuple[str, ...] = ()
    digest: Markup = Markup()  # noqa: RUF009  # it never changes
    drawings: tuple[Drawing, ...] = ()


def facts_of(
    viewer: Viewer, now: datetime, place: str, period: Period | None = None, filters: Filters | None = None
) -> tuple[tuple[str, str], ...]:
    """What the notes of every export begin with.

    Args:
        viewer: who wants it.
        now: when, in UTC.
        place: its name.
        period: whole days, in each shop's own time.
        filters: who is meant; None where nobody can be left out.
    """
    facts = [(_("Place"), place)]
    if period:
        facts.append((_("Period"), f"{words.span(period)} ({period.first.isoformat()} / {period.last.isoformat()})"))
    if filters:
        facts.append((_("Who"), who(filters)))
    facts.append((_("Exported by"), f"{viewer.name} <{viewer.email}>"))
    facts.append((_("Exported at"), f"{words.day(now, year=True)}, {now:%H:%M} UTC"))
    return tuple(facts)


def who(filters: Filters) -> str:
    """Everybody; Women, 25–34, Happy."""
    chosen = []
    if filters.gender:
        chosen.append(names.gender(filters.gender))
    if filters.band:
        chosen.append(names.band(filters.band))
    if filters.mood:
        chosen.append(names.mood(filters.mood))
    return ", ".join(chosen) or _("Everybody")


def usual_notes(min_cell: int) -> tuple[str, ...]:
    """What holds for all numbers of people."""
    return (
        _("Counts of fewer than %(number)s people are hidden, and with them others that would give them away.")
        % {"number": min_cell},
        _(
            "An empty cell is a gap: nobody knows. Coverage is the share of opening hours with photos; none means closed."
        ),
        _("Age, gender and mood are estimates. Days and hours are each shop's own."),
    )


def path_of(setting: Setting) -> str:
    """Europe, Berlin, Mitte."""
    inner = [place for place in setting.path if place.level.value != "world"] or list(setting.path)
    return ", ".join(names.place(place) for place in inner)


def stem_of(*parts: str) -> str:
    """A file's name: "overview", "Zürich", "2026-11-24" -> overview-zurich-2026-11-24."""
    plain = unicodedata.normalize("NFKD", "-".join(filter(None, parts))).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:120] or "facetally"
