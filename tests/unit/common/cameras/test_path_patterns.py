from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.cameras.path_patterns import (
    ANY,
    PATTERN_NAMES,
    PatternError,
    normalise,
    read_path,
    templates,
)
from tests.vendors import EXAMPLES, Example


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e.vendor}-{e.path[-30:]}" for e in EXAMPLES])
@pytest.mark.parametrize("by", ["vendor", "any"])
@pytest.mark.parametrize("folder", ["", "/", "upload/deep/"])
def test_every_vendors_example_tells_camera_and_time(example: Example, by: str, folder: str) -> None:
    facts = read_path(folder + example.path, [example.vendor if by == "vendor" else ANY])
    assert facts.taken_at == example.taken_at
    assert normalise(example.identifier) in facts.identifiers
    assert not facts.is_cut_out
    assert not facts.is_off_trigger


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e.vendor}-{e.path[-30:]}" for e in EXAMPLES])
def test_letters_may_be_in_either_case_and_jpeg_may_be_spelt_out(example: Example) -> None:
    assert read_path(example.path.removesuffix("jpg") + "JPEG", [example.vendor]).taken_at == example.taken_at


def test_a_face_cut_out_of_a_picture_is_told_from_the_picture() -> None:
    assert read_path("SERIAL1/2018-07-25/001/jpg/09/50/04[M][0@0][1].jpg", [ANY]).is_cut_out


@pytest.mark.parametrize(("phase", "off"), [("1_pre", True), ("4_trg", False), ("5_pos", True), ("5_post", True)])
def test_what_was_taken_before_or_after_the_trigger_is_known(phase: str, off: bool) -> None:
    assert read_path(f"prefix_20250107180653_{phase}.jpg", [ANY]).is_off_trigger is off


def test_folders_identify_where_no_pattern_fits() -> None:
    facts = read_path("/Shop 7/00-40-8C-77-F8-26/today.jpg", [ANY])
    assert facts.identifiers == ("00408c77f826", "shop 7")
    assert facts.taken_at is None


def test_a_pattern_of_ones_own_is_a_line() -> None:
    facts = read_path("lobby/2026/11/24/101501_cam-9.jpg", ["%Y/%m/%d/%H%M%S_{name}.jpg"])
    assert facts.identifiers[0] == "cam-9"
    assert facts.taken_at == datetime(2026, 11, 24, 10, 15, 1)


def test_seconds_since_1970_are_utc() -> None:
    assert read_path("x/00408C77F826_1795515301_1.jpg", ["axis"]).taken_at == datetime(
        2026, 11, 24, 10, 15, 1, tzinfo=UTC
    )


@pytest.mark.parametrize("name", ["K3TA_00_20221307125217.jpg", "K3TA_00_20000101000012.jpg", "K3TA_00_2022030712.jpg"])
def test_a_time_that_cannot_be_is_no_time(name: str) -> None:
    assert read_path(name, [ANY]).taken_at is None


@pytest.mark.parametrize("pattern", ["{any}{any}%Y.jpg", "{any}_{event}_{any}_{name}_%Y.jpg", "{name}{serial}.jpg"])
def test_a_pattern_that_takes_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="too many ways"):
        templates(pattern)


def test_one_folder_is_read_after_the_other_whatever_the_next_one_says() -> None:
    pattern = "{any}_{any}_{name}/{any}_{any}_{serial}/{any}_{any}_%Y%m%d%H%M%S.jpg"
    read_path("/".join(["_" * 160] * 3) + ".jpg", [pattern])
    facts = read_path("a_b_c/d_e_1234/f_g_20260501130000.jpg", [pattern])
    assert facts.taken_at == datetime(2026, 5, 1, 13)


@pytest.mark.parametrize(
    "pattern", ["nobody", "{who}_%Y.jpg", "%Q.jpg", "%Y%Y.jpg", "{ip}-{ip}.jpg", "", "%Y.jpg{", "}%Y.jpg", "%Y%.jpg"]
)
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        templates(pattern)


def test_every_name_is_a_pattern() -> None:
    assert all(templates(name) for name in PATTERN_NAMES)


@given(st.text(max_size=4096))
def test_no_path_is_too_much(path: str) -> None:
    read_path(path, [ANY])


@given(st.text(alphabet="a_0123456789-.:/[]", min_size=400, max_size=600))
def test_no_path_takes_long(path: str) -> None:
    read_path(path + ".jpg", [ANY])
