"""Each view as something that can be exported: its tables, its charts, and what they are of."""

from collections.abc import Sequence
from datetime import datetime

from services.report.domain.people import Viewer
from services.report.domain.periods import Step
from services.report.handler.cameras import CameraList
from services.report.handler.compare import Compared
from services.report.handler.explore import Exploration
from services.report.handler.league import League
from services.report.handler.overview import Overview
from services.report.pages import digests, names, words
from services.report.pages.exports import drawings, tables
from services.report.pages.exports.export import Drawing, Export, facts_of, path_of, stem_of, usual_notes
from services.report.pages.i18n import _


def overview(view: Overview, viewer: Viewer, now: datetime) -> Export:
    """The overview of a place."""
    place = path_of(view.setting)
    sheets = [
        tables.time(view.points, view.step),
        tables.ages(view.table, view.asked.filters),
        tables.moods(view.now, view.before),
        tables.hours(view.heat),
    ]
    if view.inside:
        sheets.append(tables.places(view.inside))
    return Export(
        title=_("Overview"),
        place=place,
        when=words.span(view.period),
        facts=facts_of(viewer, now, place, view.period, view.asked.filters),
        sheets=tuple(sheets),
        min_cell=view.min_cell,
        stem=stem_of("overview", view.setting.place.slug, str(view.period.first), str(view.period.last)),
        notes=usual_notes(view.min_cell),
        digest=digests.overview(view),
        drawings=(
            Drawing(_over_time(view.step), drawings.lines([("", view.points)], view.step, view.points_before)),
            Drawing(
                _("Age and gender"), drawings.pyramid(view.table, view.asked.filters, view.min_cell), is_wide=False
            ),
            Drawing(_("Mood"), drawings.mood_bars(view.now, view.min_cell), is_wide=False),
            Drawing(_("Hours of the week"), drawings.heat(view.heat, view.min_cell)),
        ),
    )


def explore(view: Exploration, viewer: Viewer, now: datetime) -> Export:
    """Any place, period and step."""
    place = path_of(view.setting)
    sheets = [
        tables.time(view.points, view.step),
        tables.ages(view.table, view.asked.filters),
        tables.moods(view.now, view.before),
    ]
    if view.points_before:
        sheets.append(tables.time(view.points_before, view.step, "before", _("Period before")))
    if view.inside:
        sheets.append(tables.places(view.inside))
    return Export(
        title=_("Explore"),
        place=place,
        when=words.span(view.period),
        facts=facts_of(viewer, now, place, view.period, view.asked.filters),
        sheets=tuple(sheets),
        min_cell=view.min_cell,
        stem=stem_of("explore", view.setting.place.slug, str(view.period.first), str(view.period.last)),
        notes=usual_notes(view.min_cell),
        digest=digests.overview(view),
        drawings=(
            Drawing(_over_time(view.step), drawings.lines([("", view.points)], view.step, view.points_before)),
            Drawing(
                _("Age and gender"), drawings.pyramid(view.table, view.asked.filters, view.min_cell), is_wide=False
            ),
            Drawing(_("Mood"), drawings.mood_bars(view.now, view.min_cell), is_wide=False),
        ),
    )


def compare(view: Compared, labels: Sequence[str], viewer: Viewer, now: datetime) -> Export:
    """Places or periods side by side.

    Args:
        labels: what the subjects are called, no two the same.
    """
    rows = [
        (path_of(subject.setting), words.span(subject.period), subject.now, subject.change) for subject in view.subjects
    ]
    place = words.listed(list(dict.fromkeys(names.place(subject.setting.place) for subject in view.subjects)))
    periods = {(subject.period.first, subject.period.last): subject.period for subject in view.subjects}
    period = next(iter(periods.values())) if len(periods) == 1 else None
    over_time = [
        tables.time(subject.points, view.step, f"time-{number}", label)
        for number, (subject, label) in enumerate(zip(view.subjects, labels, strict=True), 1)
    ]
    drawn = [(label, subject.points) for label, subject in zip(labels, view.subjects, strict=True)]
    return Export(
        title=_("Compare"),
        place=place,
        when=words.span(period) if period else "",
        facts=facts_of(viewer, now, place, period),
        sheets=(tables.side_by_side(rows), *over_time),
        min_cell=view.min_cell,
        stem=stem_of("compare", *(subject.setting.place.slug for subject in view.subjects)),
        notes=usual_notes(view.min_cell),
        drawings=(Drawing(_over_time(view.step), drawings.lines(drawn, view.step)),),
    )


def league(view: League, viewer: Viewer, now: datetime) -> Export:
    """Shops, ranked."""
    place = path_of(view.setting)
    sheet = tables.places(
        [standing.place for standing in view.standings], [standing.rank for standing in view.standings]
    )
    return Export(
        title=_("League"),
        place=place,
        when=words.span(view.period),
        facts=facts_of(viewer, now, place, view.period, view.asked.filters),
        sheets=(sheet,),
        min_cell=view.min_cell,
        stem=stem_of("league", view.setting.place.slug, str(view.period.first), str(view.period.last)),
        notes=(
            *usual_notes(view.min_cell),
            _(
                "Shops that were closed, were seen for less than half of their hours, or have hidden numbers have no rank."
            ),
        ),
    )


def cameras(view: CameraList, viewer: Viewer, now: datetime) -> Export:
    """Cameras, the worst first."""
    place = path_of(view.setting) if view.setting else ""
    slug = view.setting.place.slug if view.setting else ""
    return Export(
        title=_("Cameras"),
        place=place,
        when="",
        facts=facts_of(viewer, now, place),
        sheets=(tables.cameras(view.cameras),),
        min_cell=1,  # cameras are not people
        stem=stem_of("cameras", slug, str(now.date())),
    )


def _over_time(step: Step) -> str:
    return f"{_('Visitors')} {names.per_step(step)}"
