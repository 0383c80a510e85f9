"""The command, and the page that shows what it says."""

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from services.cli import app as facetally
from services.cost.__main__ import app
from services.cost.domain.assumptions import DEFAULTS, GIVEN, option

PAGE = Path(__file__).parents[3] / "docs/cost.md"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words, env={"COLUMNS": "120", "TERM": "dumb"})


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_page_shows_what_the_command_says() -> None:
    (shown,) = re.findall(r"^```text\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert lines(shown) == lines(run().stdout), "put the output of `COLUMNS=120 facetally cost` into docs/cost.md"


def test_it_is_a_command_of_facetally() -> None:
    commands = getattr(get_command(facetally), "commands", {})
    assert {option(name) for name in GIVEN} < {word for one in commands["cost"].params for word in one.opts}


def test_every_option_changes_what_is_assumed() -> None:
    values = {name: getattr(DEFAULTS, name) for name in GIVEN} | {"peak": 5.0, "photos_kept_days": 7, "kwh_usd": 0.1}
    result = run("--json", *(word for name, value in values.items() for word in (option(name), str(value))))
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert {name: one["value"] for name, one in said["assumed"].items()} == values
    assert all(one["default_from"] for one in said["assumed"].values())


def test_json_and_tables_say_the_same() -> None:
    said = json.loads(run("--json", "--photos-per-month", "150e6").stdout)
    assert said["face_api_usd"] == pytest.approx(90_000)
    assert sum(item["own_usd"] or 0 for item in said["items"]) == pytest.approx(said["own_usd"])
    assert lines(run().stdout)[-2:] == lines(said["verdict"].replace("1.9 % and", "1.9 %\nand"))


def test_what_was_put_in_is_told_from_what_was_looked_up() -> None:
    text = " ".join(run("--object-tb-usd", "6", "--photos-kept-days", "40").stdout.split())
    assert "--object-tb-usd $6 A month of a TB in a rented object store (put in by you)" in text
    assert "--photos-kept-days 40 days" in text
    assert "cloudburn" not in text
    # 200 TB for $6 each.
    assert "40 200" in text
    assert "/ $1,200" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--utilisation", "0"), "Invalid value for --utilisation: must be 0.01 or more"),
        (("--photos-per-month", "-5"), "Invalid value for --photos-per-month: must be 1 or more"),
        (("--photos-per-month", "nan"), "Invalid value for --photos-per-month: must be a number"),
        (("--photos-per-month", "many"), "--photos-per-month': Input should be a valid number"),
        (("--server-cores", "1.5"), "--server-cores': Input should be a valid integer"),
        (("--no-such-thing", "1"), "No such option"),
    ],
)
def test_bad_input_is_refused_in_words(words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())
