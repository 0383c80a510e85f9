"""Two cells and headquarters on one machine: one is cut off while photos come, and every photo is counted once."""

from pathlib import Path

import pytest

from bench.cells.cutting import cut_off
from bench.cells.places import running_places
from services.demo.domain import PHOTOS

pytestmark = pytest.mark.timeout(240)


async def test_a_cell_that_is_cut_off_loses_nothing_and_doubles_nothing(tmp_path: Path, demo_photos: Path) -> None:
    photo = next(photo for photo in PHOTOS if photo.faces == 1)
    content = (demo_photos / photo.name).read_bytes()
    async with running_places(tmp_path, ("europe", "asia")) as places:
        story = await cut_off(places, "europe", content, photo.faces, cut_s=10, per_second=2, say=print)
    assert (story.lost, story.doubled, story.visitors, story.strays) == (0, 0, 0, 0), story
    assert story.behind_at_reconnect >= 5, "the cell went on while it was cut off"
    assert story.meanwhile >= 5, "the other cell's photos were recorded meanwhile"
    assert story.complete_after_s < 60
