"""Fixtures of the reports' integration tests."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.report.doors import Door, open_door
from tests.servers.postgres import Database


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Door]:
    """The pages over a fresh database with the small estate, and nobody let in."""
    async with open_door(database) as opened:
        yield opened
