"""What the estate's pages say: columns, the week of a shop, faults."""

from collections.abc import Sequence

from services.common.cameras.opening_hours import OpeningHours, OpeningHoursError, parse_opening_hours
from services.report.pages import words
from services.report.pages.i18n import _

_DAY_MINUTES = 1440


def column(name: str) -> str:
    """A column of the registry, as people call it."""
    return {
        "region": _("Region"),
        "region_name": _("Region’s name"),
        "city": _("City"),
        "city_name": _("City’s name"),
        "shop": _("Shop"),
        "shop_name": _("Shop’s name"),
        "time_zone": _("Time zone"),
        "opening_hours": _("Opening hours"),
        "holidays": _("Holidays"),
        "camera": _("Camera"),
        "login": _("Login"),
        "identifiers": _("Identifiers"),
        "pattern": _("Names of uploads"),
        "burst_window_s": _("Burst window, s"),
        "name": _("Name"),
    }[name]


def kinds(name: str) -> str:
    """Several regions, cities, shops or cameras."""
    return {"region": _("Regions"), "city": _("Cities"), "shop": _("Shops"), "camera": _("Cameras")}[name]


def week(opening_hours: str) -> list[tuple[str, str]]:
    """Opening hours as a person reads them: days, and their hours. Days after each other with the same hours are one.

    What cannot be read is nothing.
    """
    try:
        hours = parse_opening_hours(opening_hours)
    except OpeningHoursError:
        return []
    if hours.week is None:
        return [(_("Every day"), _("open at all times"))]
    runs: list[tuple[int, int, str]] = []
    for day in range(7):
        text = _hours(hours, day)
        if runs and runs[-1][2] == text:
            runs[-1] = (runs[-1][0], day, text)
        else:
            runs.append((day, day, text))
    return [(_days(first, last), text) for first, last, text in runs]


def _days(first: int, last: int) -> str:
    if first == last:
        return words.weekday(first, long=True)
    return f"{words.weekday(first, long=True)} – {words.weekday(last, long=True)}"


def _hours(hours: OpeningHours, day: int) -> str:
    assert hours.week is not None
    spans: Sequence[tuple[int, int]] = hours.week[day]
    return ", ".join(_span(opens, closes) for opens, closes in sorted(spans)) or _("closed")


def _span(opens: int, closes: int) -> str:
    end = closes - _DAY_MINUTES if closes > _DAY_MINUTES else closes
    text = f"{opens // 60:02d}:{opens % 60:02d}–{end // 60:02d}:{end % 60:02d}"
    return _("%(span)s the next day") % {"span": text} if closes > _DAY_MINUTES else text
