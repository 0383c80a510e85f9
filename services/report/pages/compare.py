"""Compare: up to six places, groups or periods side by side. `subjects` says how an address names them.

Besides, an address has the words of `questions.When`, `measure`, which the chart over time shows, and `find`, letters
of a place that is to be added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from services.report.domain.counts import BANDS, MOODS, difference
from services.report.domain.groups import ShopGroup
from services.report.domain.periods import Comparison
from services.report.domain.places import Level, Place, Site
from services.report.domain.shown import ShownCounts
from services.report.handler.compare import MOST_SUBJECTS, Compare, Compared, Subject
from services.report.handler.groups import Groups
from services.report.handler.tallies import Tallies
from services.report.pages import charts, kpis, names, words
from services.report.pages.explore import ChartMeasure
from services.report.pages.i18n import _
from services.report.pages.questions import When, place_word
from services.report.pages.security import SignedIn
from services.report.pages.subjects import SubjectWords, place_of, read_subject
from services.report.pages.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_MOST_FOUND = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A subject as the table says it.

    Args:
        name: of the place, and of the period where those differ.
        place: the former alone.
        differences: from the first subject: women in shares, age in years, mood index in points; None for itself.
        remove: address of the page without it.
    """

    subject: Subject
    name: str
    place: str
    differences: dict[str, float | None]
    remove: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be added: its name, what it is, and the address of the page with it."""

    name: str
    kind: str
    address: str


@router.get("/compare")
async def compare(
    request: Request,
    viewer: SignedIn,
    when: Annotated[When, Depends()],
    subject: SubjectWords = [],  # noqa: B006 - FastAPI copies it
    measure: Annotated[ChartMeasure, Query()] = ChartMeasure.VISITORS,
    find: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    """Subjects side by side."""
    asked = subject[:MOST_SUBJECTS]
    ask: Compare = request.app.state.compare
    groups: Groups = request.app.state.groups
    tallies: Tallies = request.app.state.tallies
    compared = await ask(viewer.person_id, [read_subject(word, when) for word in asked])
    letters = find.replace("\0", "").strip()
    async with tallies.seen_by(viewer.person_id) as reader:
        home = None if asked else await reader.home()
        begin = await reader.setting(*home) if home else None
        sites = await reader.find(letters, _MOST_FOUND) if letters else ()
    usable = [group for group in await groups.usable(viewer.person_id) if group.is_whole]
    return render(
        request,
        "compare.html",
        when=when,
        find=letters,
        is_full=len(asked) >= MOST_SUBJECTS,
        most_subjects=MOST_SUBJECTS,
        found=_found(request, asked, sites, usable, letters),
        periods=_other_periods(request, asked, compared, begin.place if begin else None),
        **context(request, asked, compared, measure.value),
    )


def context(request: Request, asked: Sequence[str], compared: Compared, measure: str) -> dict[str, Any]:
    """What the template is told of the subjects.

    Args:
        request: whose address links keep.
        asked: the subjects' words.
        compared: their numbers, in the same order.
        measure: which one the chart shows.
    """
    called = subject_names(compared)
    first = compared.subjects[0] if compared.subjects else None
    chart = charts.compare(
        [(name, subject.points) for name, subject in zip(called, compared.subjects, strict=True)], compared.step
    )
    return {
        "c": compared,
        "rows": [
            Row(subject, name, place, _differences(subject, first), _without(request, asked, i))
            for i, (subject, name, place) in enumerate(
                zip(compared.subjects, called, place_names(compared), strict=True)
            )
        ],
        "most": max((subject.now.visitors or 0 for subject in compared.subjects), default=0),
        "bands": shares(compared, [(names.band(band), "bands", i) for i, band in enumerate(BANDS)]),
        "moods": shares(compared, [(names.mood(mood), "moods", MOODS.index(mood)) for mood in names.MOOD_ORDER]),
        "measure": measure,
        "measures": [(one.value, charts.measure_name(one.value)) for one in ChartMeasure],
        "title": kpis.title(measure, compared.step),
        "charts": {"compare": {**chart, "first": measure}},
    }


def place_names(compared: Compared) -> list[str]:
    """What the subjects' places are called: no two places have the same name here."""
    places = [subject.setting.place for subject in compared.subjects]
    called = []
    for place in places:
        namesakes = {other for other in places if names.place(other) == names.place(place)}
        if len(namesakes) == 1:
            called.append(names.place(place))
        else:
            one_of_a_kind = sum(other.level is place.level for other in namesakes) == 1
            called.append(f"{names.place(place)} ({names.level(place.level) if one_of_a_kind else place.slug})")
    return called


def subject_names(compared: Compared) -> list[str]:
    """What the subjects are called: their places, and their periods where those differ."""
    periods = {(subject.period.first, subject.period.last) for subject in compared.subjects}
    called = place_names(compared)
    if len(periods) <= 1:
        return called
    return [f"{name}, {words.span(subject.period)}" for name, subject in zip(called, compared.subjects, strict=True)]


def shares(compared: Compared, lines: Sequence[tuple[str, str, int]]) -> list[tuple[str, list[float | None]]]:
    """Shares of each subject's visitors, line by line; None where a number is hidden.

    Args:
        compared: the subjects.
        lines: name, field of ShownCounts, and index in it.
    """
    return [
        (name, [_share(subject.now, getattr(subject.now, field)[i]) for subject in compared.subjects])
        for name, field, i in lines
    ]


def _share(counts: ShownCounts, number: int | None) -> float | None:
    return None if number is None or not counts.visitors else number / counts.visitors


def _differences(subject: Subject, first: Subject | None) -> dict[str, float | None]:
    if first is None or subject is first:
        return {}
    now, other = subject.now, first.now
    return {
        "visitors": subject.change,
        "women": difference(now.women_share, other.women_share),
        "age": difference(now.median_age_years, other.median_age_years),
        "mood": difference(_whole(now.mood_index), _whole(other.mood_index)),
        "coverage": difference(now.coverage, other.coverage),
    }


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def address(request: Request, subjects: Sequence[str]) -> str:
    """The page about other subjects; everything else in its address stays."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key not in ("subject", "find")]
    query = urlencode([*(("subject", word) for word in subjects), *kept], safe=":@")
    return "/compare" + (f"?{query}" if query else "")


def _without(request: Request, asked: Sequence[str], i: int) -> str:
    return address(request, [*asked[:i], *asked[i + 1 :]])


def _found(
    request: Request, asked: Sequence[str], sites: Sequence[Site], groups: Sequence[ShopGroup], letters: str
) -> list[Choice]:
    """Places and groups with these letters; without letters, all groups."""
    choices = [
        (group.name, names.level(Level.GROUP), place_word(Level.GROUP, group.slug))
        for group in groups
        if letters.casefold() in group.name.casefold()
    ]
    choices += [
        (
            names.place(site.place),
            ", ".join(filter(None, (names.level(site.place.level), site.city))),
            place_word(site.place.level, site.place.slug),
        )
        for site in sites
    ]
    return [Choice(name, kind, address(request, [*asked, word])) for name, kind, word in choices if word not in asked]


def _other_periods(request: Request, asked: Sequence[str], compared: Compared, home: Place | None) -> list[Choice]:
    """The places that are there, in the period before and a year before; if there are none, where somebody begins."""
    places: dict[str, Place] = {
        place_of(word): subject.setting.place for word, subject in zip(asked, compared.subjects, strict=True)
    }
    choices = []
    if not places and home:
        word, name = place_word(home.level, home.slug), names.place(home)
        choices.append(Choice(name, _("with the period before"), address(request, [word, f"{word}@previous"])))
        choices.append(Choice(name, _("with the year before"), address(request, [word, f"{word}@year"])))
    for word, place in places.items():
        for moment in (Comparison.PREVIOUS, Comparison.YEAR):
            added = f"{word}@{moment.value}"
            if added not in asked:
                choices.append(Choice(names.place(place), names.comparison(moment), address(request, [*asked, added])))
    return choices
