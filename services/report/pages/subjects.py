"""What is compared, as words of an address.

An address has a word `subject` for each: a place, and after an @ when that is, if not in the period that the rest of the
address says:

    subject=shop:berlin-1                          in the period of the address
    subject=shop:berlin-1@previous                 in the period just before that one
    subject=shop:berlin-1@year                     in the same weekdays a year before
    subject=city:berlin@2026-10-01..2026-10-28     from one day to another

Places are written as everywhere: world, yours, region:SLUG, city:SLUG, shop:SLUG, group:SLUG.
"""

import re
from dataclasses import replace
from datetime import date
from typing import Annotated, Final

from fastapi import Query
from pydantic import AfterValidator

from services.report.domain.periods import Comparison, PeriodError
from services.report.domain.questions import Asked
from services.report.pages.questions import SLUG_PATTERN, When, read_place

_DAY: Final = r"\d{4}-\d{2}-\d{2}"
SUBJECT_PATTERN: Final = (
    rf"(?:world|yours|(?:region|city|shop|group):{SLUG_PATTERN})(?:@(?:previous|year|{_DAY}\.\.{_DAY}))?"
)
# Nobody types more; the handler takes the first six.
_MOST_WORDS: Final = 20


def _checked(words: list[str]) -> list[str]:
    """Each once, in the order given."""
    if len(words) > _MOST_WORDS:
        raise ValueError("too many subjects")
    for word in words:
        if not re.fullmatch(SUBJECT_PATTERN, word):
            raise ValueError("a subject is a place such as city:berlin, or city:berlin@previous")
    return list(dict.fromkeys(words))


SubjectWords = Annotated[
    list[str],
    AfterValidator(_checked),
    Query(
        alias="subject",
        description="What is compared, once for each: a place such as city:berlin; in another period: "
        "city:berlin@previous, city:berlin@year, city:berlin@2026-10-01..2026-10-28",
    ),
]


def read_subject(word: str, when: When) -> Asked:
    """The question that a word asks, in an address that says the rest.

    Args:
        word: as SUBJECT_PATTERN has it.
        when: period, step and filters.

    Raises:
        PeriodError: there are no such days.
    """
    place, _, moment = word.partition("@")
    asked = when.of(*read_place(place))
    match moment:
        case "":
            return asked
        case "previous" | "year":
            return replace(asked, moved=Comparison(moment))
        case _:
            first, last = moment.split("..")
            try:
                return replace(asked, first=date.fromisoformat(first), last=date.fromisoformat(last))
            except ValueError as error:
                raise PeriodError(f"{moment} are no days") from error


def place_of(word: str) -> str:
    """The place of a subject's word, without its period."""
    return word.partition("@")[0]
