"""What the charts draw, as data; the browser's code makes pictures of it."""

from services.common.vocabulary import AgeBand, Gender
from services.report.domain import Visitors
from services.report.pages import words


def hours(visitors: Visitors) -> dict[str, object]:
    """Bars: visitors by hour of the day, from the first busy hour to the last."""
    busy = [hour for hour, number in enumerate(visitors.by_hour) if number]
    first, last = (min(*busy, 8), max(*busy, 19)) if len(busy) > 1 else (min([8, *busy]), max([19, *busy]))
    shown = range(first, last + 1)
    return {
        "labels": [f"{hour:02d}:00" for hour in shown],
        "values": [visitors.by_hour[hour] for hour in shown],
    }


def pyramid(visitors: Visitors) -> dict[str, object]:
    """Two wings: percent of all visitors by age band, women and men, the youngest first."""
    whole = visitors.total or 1

    def wing(gender: Gender) -> list[float]:
        return [round(100 * visitors.by_gender_and_age[gender][band] / whole, 2) for band in AgeBand]

    return {
        "bands": [words.band(band) for band in AgeBand],
        "women": wing(Gender.FEMALE),
        "men": wing(Gender.MALE),
    }
