"""What an address asks for. Pages, exports and the API read the same words."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator

from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain.filters import Filters
from services.report.domain.periods import Comparison, Preset, Step
from services.report.domain.places import Level
from services.report.domain.questions import Asked

# Forms send choices that are not made as empty words.
_Empty = BeforeValidator(lambda word: word or None)
SLUG_PATTERN = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
Slug = Annotated[str, Path(pattern=f"^{SLUG_PATTERN}$", description="Short name of a place")]
# A place as a word: world, yours, region:europe, city:berlin, shop:berlin-1, group:stations.
PLACE_PATTERN = rf"^(world|yours|(region|city|shop|group):{SLUG_PATTERN})$"
PlaceWord = Annotated[
    str | None,
    Query(
        alias="place",
        pattern=PLACE_PATTERN,
        description="world, yours, region:SLUG, city:SLUG, shop:SLUG or group:SLUG; left out: all that you may see",
    ),
]


@dataclass(frozen=True, slots=True)
class When:
    """The part of an address that says the period, the step, the filters and the comparison: a dependency."""

    period: Annotated[Preset, Query(description="A period that ends yesterday, the last complete day")] = (
        Preset.FOUR_WEEKS
    )
    first: Annotated[date | None, _Empty, Query(alias="from", description="First day; goes before `period`")] = None
    last: Annotated[date | None, _Empty, Query(alias="to", description="Last day, included")] = None
    step: Annotated[
        Step | None, _Empty, Query(description="How finely it is shown; left out: what suits the period")
    ] = None
    gender: Annotated[Gender | None, _Empty, Query(description="Only visitors of this gender")] = None
    band: Annotated[AgeBand | None, _Empty, Query(description="Only visitors of this age band")] = None
    mood: Annotated[Mood | None, _Empty, Query(description="Only visitors in this mood")] = None
    compare: Annotated[Comparison, Query(description="The other period: the one before, or a year before")] = (
        Comparison.PREVIOUS
    )

    def of(self, level: Level, slug: str = "") -> Asked:
        """The question about a place."""
        return Asked(
            level,
            slug,
            self.period,
            self.first,
            self.last,
            self.step,
            Filters(self.gender, self.band, self.mood),
            self.compare,
        )


def read_place(word: str) -> tuple[Level, str]:
    """Level and slug of a place's word."""
    level, _, slug = word.partition(":")
    return Level(level), slug


def place_word(level: Level, slug: str) -> str:
    """The word that stands for a place in an address."""
    return f"{level}:{slug}" if slug else str(level)
