"""A drawn month, copied into Postgres."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

import asyncpg

from bench.year.binary_copy import HEADER, TRAILER
from bench.year.cameras import CAMERA_DAY_COLUMNS, OUTCOMES
from bench.year.in_order import ROWS_AT_ONCE, blocks, labelled_blocks
from bench.year.month import Month

_HOUR_COLUMNS: Final = ["scope_id", "local_day", "local_hour", "open_hours", "cameras_due", "cameras_seen", "cells"]
_DAY_COLUMNS: Final = [name for name in _HOUR_COLUMNS if name != "local_hour"]
_MONTH_COLUMNS: Final = ["first_day" if name == "local_day" else name for name in _DAY_COLUMNS]
_HEAT_COLUMNS: Final = ["scope_id", "first_day", "weekday", *_HOUR_COLUMNS[2:]]
_UPLOAD_COLUMNS: Final = ["camera_id", "local_day", "local_hour", "outcome", "uploads"]


async def fill_month(dsn: str, month: Month, done: Callable[[float], None]) -> None:
    """Put a month into the database, whose partitions must be there.

    Args:
        dsn: of the owner.
        month: what to fill.
        done: told how many shops have been drawn since, and how many loaded.
    """
    month.draw(lambda: done(1))
    rows, shops = max(len(month.by_hour), 1), len(month.plan.shops)
    hours = blocks(month.by_hour, "day", "hour", "scope_id")
    suffix = month.dates[0].strftime("%Y_%m")
    connection = await asyncpg.connect(dsn)
    try:
        for table, columns, content in (
            (f"tally_hour_{suffix}", _HOUR_COLUMNS, _counted(hours, lambda: done(shops * ROWS_AT_ONCE / rows))),
            (
                f"tally_upload_{suffix}",
                _UPLOAD_COLUMNS,
                labelled_blocks(month.by_upload, OUTCOMES, "outcome", "day", "hour", "camera"),
            ),
        ):
            # A table that is emptied in the same transaction needs no journal, and its rows are frozen from the start.
            async with connection.transaction():
                await connection.execute(f"truncate {table}")
                await _copy(connection, table, columns, content, freeze=True)
        await _copy(connection, "tally_day", _DAY_COLUMNS, blocks(month.by_day, "day", "scope_id"))
        await _copy(connection, "tally_month", _MONTH_COLUMNS, blocks(month.by_month, "scope_id"))
        await _copy(connection, "tally_heat", _HEAT_COLUMNS, blocks(month.by_weekday, "weekday", "hour", "scope_id"))
        await _copy(connection, "tally_camera_day", CAMERA_DAY_COLUMNS, blocks(month.by_camera, "day", "camera"))
    finally:
        await connection.close()


def _counted(blocks: Iterator[bytes], each: Callable[[], None]) -> Iterator[bytes]:
    for block in blocks:
        yield block
        each()


async def _copy(
    connection: Any, table: str, columns: list[str], content: Iterator[bytes], *, freeze: bool = False
) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield HEADER
        for block in content:
            yield block
        yield TRAILER

    await connection.copy_to_table(table, source=stream(), columns=columns, format="binary", freeze=freeze)
