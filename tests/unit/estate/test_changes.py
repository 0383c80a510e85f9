"""What may become of shops and cameras, and what an import would change."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.estate.domain import (
    CameraLine,
    City,
    EstateError,
    check_shop,
    estate_version,
    new_camera,
    placed,
    preview,
    shop_cells,
    shop_of,
    version,
)

LINE = CameraLine("europe", "Europe", "berlin", "Berlin", "berlin-1", "Mitte", "Europe/Berlin", "cam-1")
CITIES = [City("berlin", "Berlin", "europe", "Europe"), City("tokyo", "Tokyo", "asia", "Asia")]
REGIONS = {"europe": "Europe", "asia": "Asia"}


def test_a_registered_city_brings_its_names_and_region() -> None:
    found = placed({"city": "tokyo", "region": "", "city_name": ""}, CITIES, REGIONS)
    assert (found["city_name"], found["region"], found["region_name"]) == ("Tokyo", "asia", "Asia")


def test_a_new_city_needs_a_name_and_a_region() -> None:
    values = shop_cells(shop_of(LINE)) | {"city": "osaka", "city_name": "Osaka", "region": "asia", "region_name": ""}
    assert check_shop(placed(values, CITIES, REGIONS)).region_name == "Asia"
    with pytest.raises(EstateError, match="region_name missing"):
        check_shop(placed(values | {"region": "africa"}, CITIES, REGIONS))


@pytest.mark.parametrize("column", ["city_name", "region", "region_name"])
def test_moving_a_shop_renames_nothing(column: str) -> None:
    with pytest.raises(EstateError, match=column):
        placed({"city": "tokyo", column: "another"}, CITIES, REGIONS)


def test_every_fault_of_a_form_is_named_without_a_line() -> None:
    with pytest.raises(EstateError) as error:
        check_shop(shop_cells(shop_of(LINE)) | {"time_zone": "Berlin", "shop": "Mitte!"})
    assert len(error.value.faults) == 2
    assert not any("line" in fault for fault in error.value.faults)


def test_a_further_camera_takes_only_its_shop_from_the_others() -> None:
    added = new_camera(shop_of(replace(LINE, identifiers=("X",), login="both")), {"camera": "cam-2"})
    assert (added.camera, added.shop_name, added.identifiers, added.login) == ("cam-2", "Mitte", (), "")


def test_a_preview_says_what_is_new_and_what_changes_once_each() -> None:
    second = replace(LINE, camera="cam-2")
    wanted = [replace(LINE, shop_name="Ost"), replace(second, shop_name="Ost", pattern="axis"), replace(LINE, camera="cam-3", shop_name="Ost")]  # fmt: skip
    found = preview(wanted, [LINE, second], {"cam-1", "cam-2"})
    assert found.new == {"region": (), "city": (), "shop": (), "camera": ("cam-3",)}
    assert [(c.kind, c.name, c.column, c.was, c.becomes) for c in found.changes] == [
        ("shop", "berlin-1", "shop_name", "Mitte", "Ost"),
        ("camera", "cam-2", "pattern", "any", "axis"),
    ]
    assert found.new_logins == 1
    assert not preview([LINE], [LINE, second], {"cam-1", "cam-2"}).changes_something


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(max_size=5)), st.text(max_size=5))
def test_a_version_changes_with_any_value_and_not_with_their_order(values: dict[str, str], other: str) -> None:
    assert version(dict(reversed(values.items()))) == version(values)
    for key, value in values.items():
        assert (version(values | {key: other}) == version(values)) == (value == other)


def test_the_estates_version_sees_every_camera() -> None:
    lines = [LINE, replace(LINE, camera="cam-2")]
    assert estate_version(lines) == estate_version(reversed(lines))
    assert estate_version(lines) != estate_version(lines[:1])
    assert estate_version(lines) != estate_version([LINE, replace(LINE, camera="cam-2", burst_window_s=1)])
