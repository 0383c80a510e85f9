"""What a list of cameras must look like."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.common.ids import CameraId, RegionId, ShopId
from services.estate.adapters.estate_csv import read_estate
from services.estate.domain import COLUMNS, EstateError, check, new_login
from services.ingest.domain import Camera, may_log_in

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
    path.write_text("\ufeff" + ",".join(COLUMNS) + "\n" + ",".join(GOOD.values()) + "\n", encoding="utf-8")
    assert read_estate(path)[0].camera == "cam-1"


def test_the_secret_logs_in_and_is_not_kept() -> None:
    login = new_login("cam-1", bytes(16), "s3cret")
    assert login.secret_sha256 == hashlib.sha256(bytes(16) + b"s3cret").digest()
    camera = Camera(CameraId("c"), ShopId("s"), RegionId("r"), login.salt, login.secret_sha256, disabled=False)
    assert may_log_in(camera, "s3cret")
