"""Every kind of fault, each once and short, while photos come: a small version of `make chaos`."""

import shutil
from pathlib import Path
from random import Random

import pytest

from bench.chaos.plan import SMALL, plan
from bench.chaos.torment import torment

pytestmark = pytest.mark.timeout(400)
SEED = 5
PHOTOS_PER_S = 4
WARM_UP_S = 6


async def test_whatever_fails_every_acknowledged_photo_is_counted_once_and_nothing_is_left(
    tmp_path: Path, demo_photos: Path
) -> None:
    pool, folder = tmp_path / "pool", tmp_path / "machine"
    for made in (pool, folder):
        made.mkdir()
    for name in ("photo-01.jpg", "no-face.jpg"):
        shutil.copy(demo_photos / name, pool)
    planned = plan(Random(SEED), SMALL)
    story = await torment(folder, pool, planned, PHOTOS_PER_S, SEED, WARM_UP_S, print)
    assert story.verdict.faults == []
    assert story.verdict.lost == 0
    assert story.verdict.doubled == 0
    assert story.verdict.acknowledged > PHOTOS_PER_S * max(one.over_s for one in planned) / 2
    assert story.refused > 0, "cameras noticed none of the faults: did they happen?"
    assert sum(story.verdict.dead_letters.values()) == 3, "one for the nonsense at each consumer"
    assert any("stream PHOTOS" in line for line in story.told["fill the stream PHOTOS"])
