"""What a list of cameras must look like."""

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from services.estate.adapters.estate_csv import read_estate
from services.estate.domain import REQUIRED_COLUMNS, EstateError, cells, check, new_login, new_secrets, with_camera

GOOD = {
    "region": "europe",
    "region_name": "Europe",
    "city": "berlin",
    "city_name": "Berlin",
    "shop": "berlin-1",
    "shop_name": "Mitte",
    "time_zone": "Europe/Berlin",
    "camera": "cam-1",
}


def faults(*changes: Mapping[str, str]) -> list[str]:
    with pytest.raises(EstateError) as error:
        check((number, {**GOOD, **change}) for number, change in enumerate(changes, 2))
    return error.value.faults


def test_a_good_list_is_taken_as_it_is() -> None:
    first, second = check([(2, GOOD), (3, {**GOOD, "camera": "cam-2", "shop_name": " Mitte "})])
    assert (first.camera, second.camera, second.shop_name) == ("cam-1", "cam-2", "Mitte")


def test_every_fault_is_named_with_its_line() -> None:
    found = faults(
        {},
        {"camera": "cam-0", "time_zone": "Berlin"},
        {"camera": "Cam 2"},
        {"camera": "cam-3", "shop_name": ""},
        {"camera": "cam-1"},
        {"camera": "cam-5", "city_name": "Köln"},
    )
    assert len(found) == 5
    assert "line 3" in found[0]
    assert "Berlin" in found[0]
    assert "'Cam 2'" in found[1]
    assert "shop_name missing" in found[2]
    assert "twice" in found[3]
    assert "city berlin is described differently" in found[4]


def test_an_empty_list_is_refused() -> None:
    assert faults() == ["the list is empty"]


def test_a_file_without_the_columns_names_them(tmp_path: Path) -> None:
    path = tmp_path / "estate.csv"
    path.write_text("region,shop\na,b\n")
    with pytest.raises(EstateError, match="columns missing: region_name"):
        read_estate(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EstateError, match="cannot be read"):
        read_estate(path)


def test_a_spreadsheets_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "estate.csv"
    path.write_text("\ufeff" + ",".join(REQUIRED_COLUMNS) + "\n" + ",".join(GOOD.values()) + "\n", encoding="utf-8")
    assert read_estate(path)[0].camera == "cam-1"


def test_the_secret_logs_in_and_is_not_kept() -> None:
    login = new_login("cam-1", bytes(16), "s3cret")
    assert login.secret_sha256 == hashlib.sha256(bytes(16) + b"s3cret").digest()
    assert "s3cret" not in repr(login)


FULL = {
    **GOOD,
    "opening_hours": "Mo-Sa 08:00-20:00; Su off",
    "holidays": "2026-12-25 2026-12-26",
    "login": "berlin-1",
    "identifiers": "00:40:8C:77:F8:26; Door; @52.52,13.405",
    "pattern": "axis",
    "burst_window_s": "5",
}


def test_a_line_with_everything_reads_back_as_it_was_written() -> None:
    (line,) = check([(2, FULL)])
    assert line.holidays == (date(2026, 12, 25), date(2026, 12, 26))
    assert line.identifiers == ("00:40:8C:77:F8:26", "Door", "@52.52,13.405")
    assert line.login_name == "berlin-1"
    assert cells(line) == FULL
    assert check([(2, cells(check([(2, GOOD)])[0]))]) == check([(2, GOOD)])


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("opening_hours", "always", "'always'"),
        ("holidays", "Christmas", "2026-12-25"),
        ("login", "Shop 1", "'Shop 1'"),
        ("login", "cam-1", "name of a camera"),
        ("identifiers", "@north", "position"),
        ("pattern", "nikon", "hikvision"),
        ("pattern", "{who}.jpg", "{who}"),
        ("burst_window_s", "-1", "burst_window_s"),
    ],
)
def test_a_wrong_value_is_explained(column: str, value: str, said: str) -> None:
    (fault,) = faults({column: value})
    assert said in fault


def test_a_login_is_shared_within_a_shop_only() -> None:
    other = {"camera": "cam-2", "shop": "berlin-2", "login": "all"}
    assert "login all is described differently" in faults({"login": "all"}, other)[0]


def test_each_camera_of_a_new_login_is_told_its_secret() -> None:
    lines = check([(2, {**GOOD, "login": "all"}), (3, {**GOOD, "camera": "cam-2", "login": "all"})])
    assert [(new.camera, new.login, new.secret) for new in new_secrets(lines, {"all": "x"})] == [
        ("cam-1", "all", "x"),
        ("cam-2", "all", "x"),
    ]
    assert new_secrets(lines, {}) == ()


def test_a_further_camera_takes_over_its_shops_place() -> None:
    lines = check([(2, FULL)])
    line = with_camera(lines, "berlin-1", {"camera": "cam-2", "pattern": "dahua"})
    assert (line.shop_name, line.opening_hours, line.login, line.pattern) == (
        "Mitte",
        FULL["opening_hours"],
        "",
        "dahua",
    )
    for shop, camera, said in (
        ("x", "cam-2", "not registered"),
        ("berlin-1", "cam-1", "already"),
        ("berlin-1", "C 2", "a-z"),
    ):
        with pytest.raises(EstateError, match=said):
            with_camera(lines, shop, {"camera": camera})
