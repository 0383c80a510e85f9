"""docs/scale.md says what the code says."""

import re

import pytest
from typer.testing import CliRunner

from scripts.draw_scale import (
    DOCUMENT,
    SCENES,
    Scene,
    blocks,
    day_table,
    limit_table,
    picture,
    plan_table,
    plans,
    simulate,
)
from services.plan.__main__ import app
from services.plan.adapters.day_files import draw
from services.plan.domain.plan import Plan

PAGE = DOCUMENT.read_text()
SHOWN = blocks(PAGE)


@pytest.fixture(scope="module")
def planned() -> dict[int, Plan]:
    return plans()


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_tables_of_plans_are_todays(planned: dict[int, Plan]) -> None:
    assert SHOWN["plan"] == plan_table(planned), "run `make scale`"
    assert SHOWN["limits"] == limit_table(planned), "run `make scale`"


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.size}x {scene.what}")
def test_the_simulated_days_are_todays(scene: Scene, planned: dict[int, Plan]) -> None:
    day = simulate(scene, planned[scene.size])
    head, rule, row = day_table({scene: day}).splitlines()
    shown = SHOWN["days"].splitlines()
    assert shown[:2] == [head, rule]
    assert row in shown, "run `make scale`"
    if scene.name:
        assert picture(scene).read_text() == draw(day), "run `make scale`"
        assert f"(images/{picture(scene).name})" in PAGE


def test_the_table_has_these_days_and_no_others() -> None:
    assert len(SHOWN["days"].splitlines()) == 2 + len(SCENES)


def test_the_page_shows_what_the_command_says() -> None:
    (shown,) = re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    said = CliRunner().invoke(app, (), env={"COLUMNS": "120", "TERM": "dumb"}).stdout
    assert lines(shown) == lines(said), "run `make scale`"
