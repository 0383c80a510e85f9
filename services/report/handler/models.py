"""What admins are told of releases of models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from services.report.domain.models import (
    Answered,
    Beside,
    ExcludedVersion,
    GroupAgreement,
    ModelDay,
    Pair,
    answered,
    beside,
    pairs,
)

DAYS: Final = 30


class ModelRecords(Protocol):
    """Where it is kept which release said what. Everything raises TransientError when it is away."""

    async def by_day(self, since: date) -> Sequence[ModelDay]:
        """What each release made of each day."""
        ...

    async def agreement(self, since: date) -> Sequence[GroupAgreement]:
        """How far releases in shadow agree with what is recorded."""
        ...

    async def excluded(self) -> Sequence[ExcludedVersion]:
        """Releases whose results are left out of the reports, the latest first."""
        ...


@dataclass(frozen=True, slots=True)
class ModelsSeen:
    """All of the page."""

    answered: tuple[Answered, ...]
    beside: tuple[Beside, ...]
    pairs: tuple[Pair, ...]
    excluded: tuple[ExcludedVersion, ...]


class ReadModels:
    """Reads it.

    Args:
        records: where it is kept.
        clock: tells the time, UTC.
    """

    def __init__(self, records: ModelRecords, clock: Callable[[], datetime]) -> None:
        self._records = records
        self._clock = clock

    async def __call__(self) -> ModelsSeen:
        """What the last 30 days say.

        Raises:
            TransientError: the records are away.
        """
        since = self._clock().date() - timedelta(days=DAYS)
        days = await self._records.by_day(since)
        return ModelsSeen(
            answered(days),
            beside(days),
            pairs(await self._records.agreement(since)),
            tuple(await self._records.excluded()),
        )
