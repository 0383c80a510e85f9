"""The command, and what it says of wrong input."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from services.cli import app as facetally
from services.plan.__main__ import app
from services.plan.adapters.clocks import offset_h, region_of
from services.plan.domain.estate import REGIONS, EstateError, Region
from services.plan.domain.figures import KNOWN

WINTER = date(2026, 12, 19)
# Regions of the defaults, by the zones that they stand for.
ZONES = {
    "northern-europe": ("Europe/Berlin", "Europe/London"),
    "southern-europe": ("Europe/Rome",),
    "north-america": ("America/New_York", "America/Chicago", "America/Los_Angeles"),
    "latin-america": ("America/Sao_Paulo", "America/Mexico_City"),
    "asia-pacific": ("Asia/Tokyo", "Asia/Singapore", "Australia/Sydney"),
}


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words, env={"COLUMNS": "120", "TERM": "dumb"})


def test_it_is_a_command_of_facetally() -> None:
    commands = getattr(get_command(facetally), "commands", {})
    assert set(commands["plan"].commands) == {"simulate"}


def test_json_says_all_and_names_the_source_of_each_figure() -> None:
    result = run("--shops", "2000", "--peak", "3", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["estate"]["shops"] == 2_000
    assert [cell["name"] for cell in said["cells"]] == [region.name for region in REGIONS]
    assert set(said["figures"]) == set(KNOWN)
    assert all(one["from"] and one["kind"] for one in said["figures"].values())
    assert said["nodes"] == said["hq"]["nodes"] + sum(cell["nodes"] * cell["number"] for cell in said["cells"])


def test_every_option_reaches_the_plan() -> None:
    words = {
        "--shops": 20, "--customers": 30, "--cameras": 4, "--peak": 2.5, "--photo-mb": 0.5, "--faces": 2.0, "--days-kept": 7,
        "--node-cores": 8, "--node-gib": 32.0, "--gpu-photos-per-s": 300.0, "--stream-copies": 1, "--photo-copies": 2.0, "--spare-nodes": 2,
    }  # fmt: skip
    result = run("--json", "--spare-zone", *(str(word) for pair in words.items() for word in pair))
    assert result.exit_code == 0, result.output
    estate = json.loads(result.stdout)["estate"]
    assert {name: estate[name.removeprefix("--").replace("-", "_")] for name in words} == words
    assert estate["spare_zone"] is True


def test_regions_are_given_by_share_and_time_zones() -> None:
    result = run(
        "--json",
        "--region",
        "eu=0.75@Europe/Berlin,Europe/London",
        "--region",
        "jp=0.25@Asia/Tokyo",
        "--clocks-of",
        "2026-07-01",
    )
    assert result.exit_code == 0, result.output
    regions = json.loads(result.stdout)["estate"]["regions"]
    assert regions == [
        {"name": "eu", "share": 0.75, "offsets_h": [2.0, 1.0]},
        {"name": "jp", "share": 0.25, "offsets_h": [9.0]},
    ]


def test_the_clocks_of_the_usual_regions_are_those_of_december() -> None:
    assert {one.name: one.offsets_h for one in REGIONS} == {
        name: tuple(offset_h(zone, WINTER) for zone in zones) for name, zones in ZONES.items()
    }
    assert region_of("a=0.5@Asia/Kolkata", WINTER) == Region("a", 0.5, (5.5,))


@pytest.mark.parametrize(
    "words",
    [
        "europe",
        "=1@Europe/Berlin",
        "a=1",
        "a=1@",
        "a=much@Europe/Berlin",
        "a=1@Europe/Nowhere",
        "a=1@../etc",
        "a=1@Europe",
        "a=1@Europe/Berlin,",
    ],
)
def test_a_region_written_otherwise_is_refused(words: str) -> None:
    with pytest.raises(EstateError):
        region_of(words, WINTER)


def test_one_is_one() -> None:
    said = " ".join(run("--shops", "1", "--region", "a=1@Asia/Tokyo").stdout.split())
    assert "1 shop at 5 times" in said
    assert "1 cell and HQ" in said
    assert re.search(r"about \$\d+ a month", said)


def test_a_zone_that_may_fail_takes_half_of_the_store_with_it() -> None:
    assert "two of its four servers" in run("--spare-zone").stdout
    assert "two of its four servers" not in run().stdout


def test_a_day_is_simulated_printed_and_written(tmp_path: Path) -> None:
    words = (
        "--shops",
        "30",
        "simulate",
        "--tick-s",
        "30",
        "--seed",
        "7",
        "--folder",
        str(tmp_path),
        "--cut-at",
        "12:30",
        "--of",
        "asia-pacific",
    )
    result = run(*words)
    assert result.exit_code == 0, result.output
    said = json.loads((tmp_path / "day.json").read_text())
    assert (said["simulated"]["run"]["seed"], said["simulated"]["run"]["load"]) == (7, 5)
    assert said["simulated"]["run"]["troubles"] == {
        "region": "asia-pacific", "node_lost_at_s": None, "cut_at_s": 45_000, "cut_for_s": 3_600
    }  # fmt: skip
    assert said["arrived"] == said["recorded"] > 700_000
    assert f"{said['arrived']:,} photos arrived" in " ".join(result.stdout.split())
    plot = (tmp_path / "day.svg").read_text()
    assert plot.startswith("<?xml")
    assert "prefers-color-scheme: dark" in plot
    assert all(region.name in plot for region in REGIONS)
    # Once more: the same day, in the same bytes.
    run(*words)
    assert (tmp_path / "day.svg").read_text() == plot
    assert json.loads((tmp_path / "day.json").read_text()) == said


def test_an_ordinary_day_on_the_machines_of_a_holiday() -> None:
    result = run(
        "--shops", "30", "simulate", "--tick-s", "30", "--load", "1", "--folder", "/dev/null/nowhere", "--json"
    )
    # There is no such folder: nothing is swallowed.
    assert result.exit_code == 1
    assert isinstance(result.exception, OSError)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shops", "0"), "shops must be 1 to 1e+09"),
        (("--stream-copies", "2"), "stream_copies must be 1 or 3"),
        (("--region", "a=0.5@Europe/Berlin"), "1 in all"),
        (("--shops", "many"), "valid integer"),
        (("--node-gib", "8"), "postgres needs 0.75 cores and 8.0 GiB, more than a node has"),
        (("--node-cores", "1"), "more than a node has"),
        (("--cameras", "1000000000"), "in one cluster need more than 5,000 nodes"),
        (("simulate", "--of", "atlantis"), "there is no region 'atlantis'"),
        (("simulate", "--cut-at", "25:00"), "'25:00' must be a time such as 16:30"),
        (("simulate", "--tick-s", "0"), "tick-s"),
    ],
)
def test_bad_input_is_refused_in_words(words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())
