"""Somebody is away for a while: headquarters, a cell, the line between them, a disk."""

import shutil

import pytest

from services.common.streams import SHOPS_BUCKET
from tests.servers.cells import (
    AFTER_ABSENCE_S,
    Bucket,
    LinkedServers,
    classify,
    ids,
    known,
    post,
    recorded,
    until_given_up,
    until_linked,
    until_recorded,
)

pytestmark = pytest.mark.timeout(150)


async def test_headquarters_is_away_and_comes_back(linked: LinkedServers) -> None:
    await post(linked.headquarters, "one")
    await classify(linked.cells["europe"], "europe", range(5))
    await until_recorded(linked.headquarters, ids("europe", range(5)))
    linked.headquarters.running.kill()
    for region, server in linked.cells.items():
        await classify(server, region, range(5, 10))
    async with Bucket(linked.cells["europe"], "ingest", SHOPS_BUCKET).following() as there:
        assert known("one")(there.entries), "who begins meanwhile knows the shops"
    linked.headquarters.running.spawn()
    await linked.headquarters.running.until_ready()
    expected = ids("europe", range(10)) + ids("asia", range(5, 10))
    await until_recorded(linked.headquarters, expected, AFTER_ABSENCE_S)


async def test_a_cell_is_away_and_comes_back(linked: LinkedServers) -> None:
    cell = linked.cells["europe"]
    await classify(cell, "europe", range(5))
    await until_recorded(linked.headquarters, ids("europe", range(5)))
    cell.running.kill()
    await classify(linked.cells["asia"], "asia", range(5))
    await until_recorded(linked.headquarters, ids("europe", range(5)) + ids("asia", range(5)))
    cell.running.spawn()
    await cell.running.until_ready()
    await classify(cell, "europe", range(5, 10))
    await until_recorded(linked.headquarters, ids("europe", range(10)) + ids("asia", range(5)), AFTER_ABSENCE_S)


async def test_a_line_is_silent_for_so_long_that_it_is_given_up(linked: LinkedServers) -> None:
    cell, line = linked.cells["europe"], linked.lines["europe"]
    await classify(cell, "europe", range(5))
    await until_recorded(linked.headquarters, ids("europe", range(5)))
    line.cut()
    await classify(cell, "europe", range(5, 10))
    await until_given_up(linked.headquarters)
    assert await recorded(linked.headquarters) == ids("europe", range(5))
    line.mend()
    await until_recorded(linked.headquarters, ids("europe", range(10)), AFTER_ABSENCE_S)


async def test_a_cell_that_lost_its_disk_goes_on_under_its_name(linked: LinkedServers) -> None:
    cell = linked.cells["europe"]
    await classify(cell, "europe", range(5))
    await until_recorded(linked.headquarters, ids("europe", range(5)))
    cell.running.kill()
    shutil.rmtree(cell.folder / "jetstream")
    cell.running.spawn()
    await cell.running.until_ready()
    await cell.provision()
    await classify(cell, "europe", range(10, 13))
    expected = ids("europe", range(5)) + ids("europe", range(10, 13))
    await until_recorded(linked.headquarters, expected, AFTER_ABSENCE_S)


async def test_headquarters_that_lost_its_disk_gets_all_that_cells_still_have(linked: LinkedServers) -> None:
    hq, cell = linked.headquarters, linked.cells["europe"]
    await post(hq, "one", "two")
    await classify(cell, "europe", range(5))
    await until_recorded(hq, ids("europe", range(5)))
    hq.running.kill()
    shutil.rmtree(hq.folder / "jetstream")
    hq.running.spawn()
    await hq.running.until_ready()
    await until_linked(hq, 2)
    await hq.provision()
    await post(hq, "three")
    await until_recorded(hq, ids("europe", range(5)), AFTER_ABSENCE_S)
    assert "mirror of hq's key-value bucket SHOPS made" in await cell.provision()
    async with Bucket(cell, "ingest", SHOPS_BUCKET).following() as there:
        await there.until(known("three"))
