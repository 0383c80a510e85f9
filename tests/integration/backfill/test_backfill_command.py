"""`facetally backfill`, as the command that people type: whatever is killed in between, tallies equal a count of the faces."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from models.predict.releases import load_release
from models.release import read
from services.backfill.adapters.low_priority import step_back
from services.cli import app
from services.standalone.domain import service_environment
from tests.integration.backfill.recorded import GONE, PHOTOS, Seen, photos, record, seen
from tests.integration.record.estates import BEGIN, Shop, counted, make_estate, tallied
from tests.integration.record.test_rollups import World, connected, execute, until_done
from tests.models.releases import pair_release
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.running import environment, finish
from tests.servers.s3 import S3Server
from tests.servers.services import connection

Run = Callable[..., Result]
PERIOD = ("--since", f"{BEGIN - timedelta(days=3):%Y-%m-%d}", "--until", f"{BEGIN + timedelta(days=1):%Y-%m-%d}")
YEARS_OLDER = 30
DEADLINE_S = 60.0
WHAT_STAYS = (
    "select photo_id, face_index, shop_id, local_day, local_hour, box_left_px, box_top_px, box_width_px, box_height_px, quality, counted "
    "from face order by 1, 2"
)


@pytest.fixture(scope="module")
def shown(demo_photos: Path, s3_server: S3Server) -> Seen:
    return finish(seen(demo_photos, s3_server))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("releases") / "older"
    pair_release(folder, "older", YEARS_OLDER)
    return folder


@pytest.fixture
def variables(clean_streams: NatsServer, s3_server: S3Server, database: Database) -> dict[str, str]:
    values = {
        "nats": connection(clean_streams.settings("backfill")),
        "s3": connection(s3_server.settings("backfill")),
        "postgres_dsn": database.dsn("backfill"),
        "low_priority": False,  # other tests want the processor as well
    }
    return service_environment("backfill", values)


@pytest.fixture
def backfill(variables: dict[str, str]) -> Run:
    def run(*words: str) -> Result:
        with ThreadPoolExecutor(1) as thread:  # the command has an event loop of its own
            invoked = thread.submit(CliRunner().invoke, app, ["backfill", *words], env={"COLUMNS": "250", **variables})
            return invoked.result()

    return run


def succeeded(result: Result) -> str:
    assert result.exit_code == 0, f"{result.stderr}\n{result.exception}"
    return result.stdout + result.stderr


async def estate(database: Database, chance: random.Random, world: World) -> list[Shop]:
    shops = await make_estate(database, chance)
    async with connected(database) as (_, rollups):
        await world.job(rollups).round()
    return shops


async def check_tallies(database: Database, shops: list[Shop], world: World) -> int:
    """Add up, and compare with a count of the faces; how many visitors the world has."""
    async with connected(database) as (_, rollups):
        await until_done(database, world.job(rollups))
    found = await tallied(database)
    assert found == await counted(database, shops, world.now)
    ((world_scope,),) = await execute(database, "select scope_id from scope where kind = 'world'")
    return sum(sum(sums[3:]) for key, sums in found.items() if key[:2] == ("month", world_scope))


def done_when_killed(command: list[str], variables: dict[str, str], database: Database) -> int:
    """Kill a run, photo by photo, when it has done a few of them; how many."""
    slowly = {**environment(), **variables, "FACETALLY_BACKFILL_BATCH_PHOTOS": "1"}
    with subprocess.Popen(command, env=slowly, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        deadline = time.monotonic() + DEADLINE_S
        while not finish(execute(database, "select from backfill_job where done >= 3")):
            assert child.stderr is not None
            assert child.poll() is None, child.stderr.read()
            assert time.monotonic() < deadline
        child.kill()
    ((done,),) = finish(execute(database, "select done from backfill_job"))
    return int(done)


async def test_a_period_is_estimated_again_and_a_killed_command_goes_on(
    database: Database, backfill: Run, variables: dict[str, str], release: Path, shown: Seen
) -> None:
    chance, world = random.Random(1), World()
    shops = await estate(database, chance, world)
    names = [*PHOTOS * 10, GONE, GONE]
    rows = photos(chance, shops, shown, names, ["bad", "good"])
    before = replace(rows[0], id=UUID(int=chance.getrandbits(64) + 1_000_000), happened_at=BEGIN - timedelta(days=30))
    async with connected(database) as (tallies, _):
        await record(tallies, [*rows, before])
    succeeded(backfill("exclude", "bad", "--reason", "ages are off", "--by", "alice"))
    visitors = sum(len(row.visitors) for row in (*rows, before))
    assert 0 < await check_tallies(database, shops, world) < visitors
    stays = await execute(database, WHAT_STAYS)

    command = [sys.executable, "-m", "services.backfill", "run", str(release), *PERIOD]
    done = await asyncio.to_thread(done_when_killed, command, variables, database)
    assert 3 <= done < len(PHOTOS * 10), "it was done before it was killed"
    await check_tallies(database, shops, world)

    told = succeeded(backfill("run", str(release), *PERIOD))
    assert "It goes on behind" in told
    assert f"{len(PHOTOS * 10)} photos are of the version older-" in told
    assert "2 were skipped" in told
    assert await execute(database, WHAT_STAYS) == stays
    gone = sum(
        len(row.visitors) for row in rows if row.object_key.endswith("gone.jpg") and row.classifier_version == "bad"
    )
    left_out = gone + (len(before.visitors) if before.classifier_version == "bad" else 0)
    assert await check_tallies(database, shops, world) == visitors - left_out
    versions = Counter(row[0] for row in await execute(database, "select classifier_version from photo"))
    (new,) = (version for version in versions if version.startswith("older-"))
    assert versions[new] == len(PHOTOS * 10)
    assert len(await execute(database, "select from backfill_job")) == 1
    assert "older-" in succeeded(backfill("list"))

    assert "0 photos are of the version" in succeeded(backfill("run", str(release), *PERIOD)), "they are already"


async def test_it_says_of_faces_what_is_said_of_them_when_they_come_in(
    database: Database, backfill: Run, release: Path, shown: Seen
) -> None:
    chance, world = random.Random(2), World()
    shops = await estate(database, chance, world)
    rows = photos(chance, shops, shown, PHOTOS, ["old"])
    async with connected(database) as (tallies, _):
        await record(tallies, rows)
    succeeded(backfill("run", str(release), *PERIOD))
    classifier = load_release(release, read(release)[1])
    for row, name in zip(rows, PHOTOS, strict=True):
        recorded = await execute(
            database,
            "select age_years, age_low_years, age_high_years, female_probability, emotion_probabilities, quality, mood "
            f"from face where photo_id = '{row.id}' order by face_index",
        )
        assert len(recorded) == len(shown.faces[name])
        if not recorded:
            continue
        live = classifier.predict(np.stack([face.chip for face in shown.faces[name]]))
        # A box is kept in whole pixels: the chip is that much another one.
        np.testing.assert_allclose([face["age_years"] for face in recorded], live.age_years, atol=3)
        np.testing.assert_allclose([face["female_probability"] for face in recorded], live.gender[:, 0], atol=0.15)
        np.testing.assert_allclose([face["emotion_probabilities"] for face in recorded], live.emotion, atol=0.2)
        assert all(face["age_low_years"] < face["age_years"] < face["age_high_years"] for face in recorded)
        assert all(face["mood"] == "unknown" for face in recorded if face["quality"] != "good")


async def test_only_the_shops_that_are_named(database: Database, backfill: Run, release: Path, shown: Seen) -> None:
    chance, world = random.Random(3), World()
    shops = await estate(database, chance, world)
    rows = photos(chance, shops, shown, ["photo-01"] * 12, ["old"])
    async with connected(database) as (tallies, _):
        await record(tallies, rows)
    named = rows[0].shop
    of_it = sum(row.shop == named for row in rows)
    told = succeeded(backfill("run", str(release), *PERIOD, "--shop", named))
    assert f"{of_it} photos are of the version" in told
    versions = await execute(database, "select from photo where classifier_version = 'old'")
    assert len(versions) == len(rows) - of_it
    await check_tallies(database, shops, world)
    refused = backfill("run", str(release), *PERIOD, "--shop", "no-such")
    assert (refused.exit_code, "there is no shop no-such" in refused.stderr) == (1, True)
    assert "is before" in backfill("run", str(release), "--since", "2026-03-02", "--until", "2026-03-01").stderr
    assert "neither a folder nor a release" in backfill("run", "no-such", *PERIOD).stderr


async def test_versions_are_excluded_listed_and_included(database: Database, backfill: Run, shown: Seen) -> None:
    chance, world = random.Random(4), World()
    shops = await estate(database, chance, world)
    rows = photos(chance, shops, shown, ["photo-04"] * 20, ["bad", "good"])
    bad = sum(len(row.visitors) for row in rows if row.classifier_version == "bad")
    async with connected(database) as (tallies, _):
        await record(tallies, rows)
        everybody = await check_tallies(database, shops, world)
        succeeded(backfill("exclude", "bad", "--reason", "ages are off", "--by", "alice"))
        assert await check_tallies(database, shops, world) == everybody - bad
        # What comes later is of no use either.
        late = [replace(row, id=UUID(int=chance.getrandbits(64) + 1_000_000)) for row in rows[:5]]
        await record(tallies, late)
        good = sum(len(row.visitors) for row in late if row.classifier_version == "good")
        assert await check_tallies(database, shops, world) == everybody - bad + good
    listed = succeeded(backfill("versions"))
    assert "alice" in listed
    assert "ages are off" in listed
    assert "was excluded already; 0 photos" in succeeded(backfill("exclude", "bad", "--reason", "again"))
    succeeded(backfill("include", "bad"))
    assert await check_tallies(database, shops, world) == everybody + sum(len(row.visitors) for row in late)
    refused = backfill("exclude", "badd", "--reason", "a typing error")
    assert (refused.exit_code, "there is no photo of the version badd" in refused.stderr) == (1, True)


def test_it_steps_back_behind_everybody_else() -> None:
    def seen_from_inside() -> tuple[int, int]:
        step_back()
        return os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)

    with ThreadPoolExecutor(1) as thread:  # it is this thread's alone
        assert thread.submit(seen_from_inside).result() == (os.SCHED_IDLE, 19)
    assert os.sched_getscheduler(0) != os.SCHED_IDLE
