"""Jobs and versions as tables for a terminal."""

from collections.abc import Iterable
from datetime import date

from rich.table import Table

from services.backfill.domain import Job, Period, Version


def jobs_table(jobs: Iterable[Job]) -> Table:
    """What was estimated again, and how far that is."""
    table = _table("job", "state", "version", "period", "photos", "skipped", "started (UTC)", "moved (UTC)")
    for job in jobs:
        table.add_row(
            str(job.id),
            "done" if job.is_done else "not done",
            job.version,
            in_words(job.period),
            f"{job.done:,}",
            f"{job.skipped:,}",
            f"{job.started_at:%Y-%m-%d %H:%M}",
            f"{job.updated_at:%Y-%m-%d %H:%M}",
        )
    return table


def versions_table(versions: Iterable[Version]) -> Table:
    """Versions, and which of them count nowhere."""
    table = _table("version", "photos", "left out", "from", "to", "excluded (UTC)", "by", "reason")
    for version in versions:
        table.add_row(
            version.name,
            f"{version.photos:,}",
            f"{version.left_out:,}",
            _day(version.first_day),
            _day(version.last_day),
            f"{version.excluded_at:%Y-%m-%d %H:%M}" if version.excluded_at else "",
            version.excluded_by,
            version.reason,
        )
    return table


def in_words(period: Period) -> str:
    """A period, and whose."""
    shops = f" {', '.join(period.shops)}" if period.shops else ""
    return f"{period.since} to {period.until}{shops}"


def _day(day: date | None) -> str:
    return f"{day}" if day else ""


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
