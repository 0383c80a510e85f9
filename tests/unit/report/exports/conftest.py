"""Views of the tiny world."""

import asyncio
from datetime import UTC, datetime

import pytest

from services.report.domain.people import Role, Viewer
from services.report.domain.places import Level
from services.report.domain.questions import Asked
from services.report.handler.overview import Overview, ReadOverview
from services.report.pages import i18n
from services.report.pages.exports import views
from services.report.pages.exports.export import Export
from tests.fakes.tally_reader import FakeTallies

VIEWER = Viewer(1, "ann@example.com", "Ann", Role.MANAGER, "en", "token")
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _english() -> None:
    i18n.speak("en")


@pytest.fixture
def overview() -> Overview:
    return asyncio.run(ReadOverview(FakeTallies(), 10)(1, Asked(Level.CITY, "berlin")))


@pytest.fixture
def export(overview: Overview) -> Export:
    return views.overview(overview, VIEWER, NOW)
