"""Which visitors a report is about."""

from dataclasses import dataclass

from services.common.vocabulary import AgeBand, Gender, Mood


@dataclass(frozen=True, slots=True)
class Filters:
    """One gender, one age band, one mood, or all of each.

    No more than one of each: so every number of a page is a cell or a margin of one table, and hiding the small cells
    of that table protects all filters at once.
    """

    gender: Gender | None = None
    band: AgeBand | None = None
    mood: Mood | None = None

    @property
    def active(self) -> bool:
        """Whether anybody is left out."""
        return self.axes > 0

    @property
    def axes(self) -> int:
        """Along how many of gender, age band and mood visitors are filtered."""
        return sum(choice is not None for choice in (self.gender, self.band, self.mood))


EVERYBODY = Filters()
