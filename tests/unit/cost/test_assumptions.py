"""What can be assumed, and that each default is what its source says."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.cost.domain.assumptions import (
    CNN_CPU_MS,
    DEFAULTS,
    DETECT_CPU_MS,
    FACES_CPU_MS,
    GIVEN,
    INGEST_CPU_MS,
    SERVERS_CPU_MS,
    AssumptionError,
    Assumptions,
    option,
)
from services.provision.settings import ProvisionSettings
from services.record.settings import RecordSettings

PERFORMANCE = (Path(__file__).parents[3] / "docs/performance.md").read_text()


def measured(row: str) -> list[float]:
    """The figures of a row of docs/performance.md."""
    (line,) = (line for line in PERFORMANCE.splitlines() if line.startswith(f"| {row} |"))
    return [float(figure) for figure in re.findall(r"\d+\.\d+", line.removeprefix(f"| {row} |"))]


def test_cpu_is_what_the_page_on_performance_says() -> None:
    assert measured("**a photo and its faces**") == [FACES_CPU_MS]
    assert measured("ingest, kept: hashed, in S3, announced, 226 (goal: 2.5 and 4)")[-1] == INGEST_CPU_MS
    assert measured("scale to 0.38, lay out, dlib's CNN in 8 bits") == [CNN_CPU_MS]
    assert measured("**detect**") == [DETECT_CPU_MS]
    chain = measured("nets may compute on any core: OpenVINO had pinned all processes to the first")
    seaweedfs, _detect, _classify, nats, _ingest, record_and_postgres, *_ = chain
    assert (seaweedfs, nats, record_and_postgres) == SERVERS_CPU_MS
    assert f"| the folder | {DEFAULTS.tallies_mb} GB |" in PERFORMANCE


def test_what_is_kept_how_long_is_the_services_own_default() -> None:
    assert DEFAULTS.photos_kept_days == ProvisionSettings.model_fields["photos_kept_days"].default
    assert DEFAULTS.results_kept_days == RecordSettings.model_fields["results_kept_days"].default
    assert DEFAULTS.tallies_kept_days == RecordSettings.model_fields["tallies_kept_days"].default


@pytest.mark.parametrize("name", GIVEN)
def test_each_says_what_it_is_and_where_it_is_from(name: str) -> None:
    known = GIVEN[name]
    assert known.what
    assert known.source
    assert known.least <= getattr(DEFAULTS, name) <= known.most
    assert option(name) == "--" + name.replace("_", "-")


def with_value(name: str, value: float) -> Assumptions:
    values: dict[str, Any] = {name: value}
    return replace(DEFAULTS, **values)


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, -math.inf])
def test_what_nothing_can_be_reckoned_from_is_refused(name: str, value: float) -> None:
    with pytest.raises(AssumptionError, match="must be") as caught:
        with_value(name, value)
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("utilisation", 0.0, "must be 0.01 or more"),
        ("utilisation", 1.1, "must be 1 or less"),
        ("peak", 0.5, "must be 1 or more"),
        ("server_cores", 0, "must be 1 or more"),
        ("photos_per_month", 0, "must be 1 or more"),
        ("doubt_share", 10.0, "must be 1 or less"),
    ],
)
def test_it_is_said_what_a_value_must_be(name: str, value: float, words: str) -> None:
    with pytest.raises(AssumptionError) as caught:
        with_value(name, value)
    assert str(caught.value) == words
