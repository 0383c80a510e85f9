"""Who the cameras log in as, and where their shops are."""

import stat
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from loadtest.logins import Login, LoginsError, read_logins, write_logins
from loadtest.this_machine import estate
from services.estate.domain import cells, check


def test_logins_are_read_as_they_were_written_and_nobody_else_can_read_them(tmp_path: Path) -> None:
    logins = [Login("a", "a", "s,1", ZoneInfo("Asia/Kolkata")), Login("b", "shop", "s2", ZoneInfo("UTC"))]
    path = tmp_path / "logins.csv"
    for _ in range(2):
        write_logins(path, logins)
    assert read_logins(path) == logins
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_estate_import_writes_is_read_and_its_cameras_are_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "logins.csv"
    path.write_text("camera,login,secret\nberlin-1-exit,berlin-1-exit,secret\n")
    assert read_logins(path) == [Login("berlin-1-exit", "berlin-1-exit", "secret", ZoneInfo("UTC"))]


@pytest.mark.parametrize(
    ("text", "why"),
    [("camera,secret\na,b\n", "login"), ("camera,login,secret\n", "no login"), (None, "cannot be read")],
)
def test_a_file_of_no_use_is_refused(tmp_path: Path, text: str | None, why: str) -> None:
    path = tmp_path / "logins.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(LoginsError, match=why):
        read_logins(path)


def test_a_clock_is_ahead_by_its_zone_and_season() -> None:
    def ahead(zone: str, month: int) -> float:
        return Login("a", "a", "s", ZoneInfo(zone)).offset_h(datetime(2026, month, 15, tzinfo=UTC))

    assert ahead("Asia/Kolkata", 1) == 5.5
    assert (ahead("Europe/Berlin", 1), ahead("Europe/Berlin", 7)) == (1, 2)
    assert ahead("America/New_York", 1) == -5


def test_the_estate_is_a_thousand_shops_around_the_world_that_can_be_imported() -> None:
    lines = estate()
    assert check((number, asdict(line) | cells(line)) for number, line in enumerate(lines)) == lines
    assert len({line.shop for line in lines}) == len({line.camera for line in lines}) == 1000
    assert len({line.time_zone for line in lines}) > 20
    assert all(not line.opening_hours for line in lines), "or what is sent at night would be refused"
    assert all(line.region.startswith("load-") for line in lines), "they must not be taken for real shops"
