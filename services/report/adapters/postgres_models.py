"""Which release of models said what, in Postgres: sums over the whole estate, of no single face."""

from collections.abc import Sequence
from datetime import date

from services.common.vocabulary import AgeBand, Gender
from services.report.adapters.account_database import AccountDatabase
from services.report.domain.models import Agreement, ExcludedVersion, GroupAgreement, ModelDay, Tally


class PostgresModels:
    """Functions that give this role sums of what it may not read."""

    def __init__(self, database: AccountDatabase) -> None:
        self._database = database

    async def by_day(self, since: date) -> Sequence[ModelDay]:
        """What each release made of each day."""
        rows = await self._database.fetch(
            "select version, local_day, part, photos, visitors, women, men, age_years, moods from models_by_day($1) "
            "order by local_day, version",
            since,
        )
        return [
            ModelDay(row[0], row[1], row[2], Tally(row[3], row[4], row[5], row[6], row[7], tuple(row[8])))
            for row in rows
        ]

    async def agreement(self, since: date) -> Sequence[GroupAgreement]:
        """How far releases in shadow agree with what is recorded."""
        rows = await self._database.fetch(
            "select version, shadow_version, gender, age_band, faces, age_difference_years, within_5_years, same_gender, "
            "same_mood from shadow_agreement($1) order by 1, 2, 3, 4",
            since,
        )
        return [GroupAgreement(row[0], row[1], Gender(row[2]), AgeBand(row[3]), Agreement(*row[4:])) for row in rows]

    async def excluded(self) -> Sequence[ExcludedVersion]:
        """Releases whose results are left out of the reports, the latest first."""
        rows = await self._database.fetch(
            "select classifier_version, excluded_at::date, excluded_by, reason from excluded_version order by excluded_at desc"
        )
        return [ExcludedVersion(*row) for row in rows]
