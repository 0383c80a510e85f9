"""Numbers and sentences: two digits, and what they say."""

from dataclasses import replace
from typing import Any

import pytest

from services.cost.domain.assumptions import DEFAULTS, Assumptions
from services.cost.domain.estimate import estimate
from services.cost.domain.verdict import gpu_words, power_words, verdict
from services.cost.domain.words import about, counted, dollars, in_unit


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"), (0.0342, "0.034"), (0.5, "0.5"), (1, "1"), (9.96, "10"), (10.74, "11"), (99.6, "100"),
        (1_736, "1,700"), (150_000_000, "150,000,000"), (-1_736, "-1,700"), (2.04, "2"), (0.996, "1"),
    ],
)  # fmt: skip
def test_a_number_has_two_digits(value: float, words: str) -> None:
    assert about(value) == words


def test_money_and_units() -> None:
    assert dollars(1_736) == "$1,700"
    assert dollars(0) == "$0"
    assert dollars(None) == ""
    assert counted(1, "server") == "1 server"
    assert counted(1_200, "core") == "1,200 cores"
    assert [in_unit(1, "servers"), in_unit(2, "servers"), in_unit(1, "ms"), in_unit(0.6, "")] == [
        "1 server", "2 servers", "1 ms", "0.6",
    ]  # fmt: skip
    assert in_unit(10_000, "$") == "$10,000"


def priced(**values: float) -> Assumptions:
    """Nothing costs anything but what is given."""
    free: dict[str, Any] = {
        "server_usd": 0.0, "core_hour_usd": 0.0, "disk_tb_usd": 0.0, "object_tb_usd": 0.0, "object_requests_usd": 0.0,
        "ssd_tb_usd": 0.0, "block_tb_usd": 0.0, "kwh_usd": 0.0, "room_kw_usd": 0.0, "mbit_usd": 0.0,
    }  # fmt: skip
    return replace(DEFAULTS, **free | values)


def test_the_verdict_names_the_totals_and_what_is_the_most_of_them() -> None:
    # 150 TB, twice on disks of $3, in an object store for $9.
    assert verdict(estimate(priced(disk_tb_usd=3, object_tb_usd=9, mbit_usd=0.324))) == (
        "About $1,200 a month on machines of your own and $1,400 on rented ones, against $90,000 for the cloud's face API: "
        "1.3 % and 1.5 % of it. The largest part is photos (75 %) on your own, and photos (100 %) on rented ones."
    )
    assert "The largest part is network (100 %) on your own, and nothing on rented ones." in verdict(
        estimate(priced(mbit_usd=1))
    )


def test_a_total_above_the_face_apis_is_said_as_it_is() -> None:
    assert "110 % and 110 % of it" in verdict(estimate(priced(other_usd=100_000)))


def test_a_gpu_is_weighed_against_the_cores_that_it_could_take_over() -> None:
    assert "it would cost more than it can save" in gpu_words(estimate(DEFAULTS))
    large = gpu_words(estimate(replace(DEFAULTS, photos_per_month=1.5e9)))
    assert "48 cores" in large
    assert "was not measured" in large


def test_what_power_and_room_are_of_the_bill_is_said() -> None:
    words = power_words(estimate(DEFAULTS))
    # Two servers of 300 W and 300 TB of disk; x 1.5 x 720 h x $0.22, and x $196.
    assert "0.9 kW" in words
    assert "($210)" in words
    assert "($180)" in words
