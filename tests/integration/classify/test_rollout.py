"""Models that are promoted go into service while photos go on; whatever is wrong with them, those in service stay."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from facetally.v1.face_pb2 import DetectedFace, FacesClassified, FacesDetected, ShadowFaces
from facetally.v1.photo_pb2 import Photo
from facetally.v1.question_pb2 import EstimateRequest, FacesEstimated

from models.release import RELEASE_FILE, SELF_TEST_FILE
from services.classify.domain import CHIP_SIDE_PX
from services.common.errors import TransientError
from services.common.messaging import MessageBus
from services.common.model_choice import (
    BUILT_IN,
    CLASSIFY_KEY,
    ModelChoice,
    ReleaseId,
    Role,
    Trial,
    new_private_key,
    private_key_of,
    public_keys_of,
    public_text,
)
from services.common.release_store import ReleaseStore
from services.common.streams import ESTIMATE_SUBJECT, MODELS_BUCKET
from services.rollout.adapters.kv_board import KvBoard
from services.rollout.adapters.release_shelf import ReleaseShelf
from services.rollout.handler import Promoter, Rollout
from tests.models.faces import reference_chips
from tests.models.releases import change_self_test, pair_release, rewrite
from tests.servers.nats import NatsServer
from tests.servers.running import RunningProgram, running
from tests.servers.s3 import S3Server
from tests.servers.services import connection, service

DEADLINE_S = 30.0
ALICE = Promoter("alice", private_key_of(new_private_key()))
TRUSTED = {"alice": public_text(ALICE.key)}


@dataclass
class Site:
    """A running classify, and what is needed to promote models and to ask for estimates."""

    nats: NatsServer
    s3: S3Server
    folder: Path
    classify: RunningProgram
    made: dict[str, ReleaseId] = field(default_factory=dict)

    async def add(
        self, name: str, years_older: float = 0.0, spoil: Callable[[Path], object] | None = None
    ) -> ReleaseId:
        """Keep a release in the store."""
        folder = self.folder / name
        await asyncio.to_thread(pair_release, folder, name, years_older)
        if spoil:
            spoil(folder)
            rewrite(folder)
        release, _ = await ReleaseShelf(ReleaseStore(self.s3.models("models"))).add(folder)
        return release.id

    async def promote(self, name: str) -> ModelChoice:
        """As the command does."""
        async with self._rollout() as rollout:
            return await rollout.promote(name, ALICE, "a test", datetime.now(UTC))

    async def roll_back(self) -> ModelChoice:
        """As the command does."""
        async with self._rollout() as rollout:
            return await rollout.roll_back(ALICE, "a test", datetime.now(UTC))

    async def try_out(self, role: Role, name: str, share: float) -> ModelChoice:
        """As the command does."""
        async with self._rollout() as rollout:
            return await rollout.try_out(role, name, share, ALICE, datetime.now(UTC))

    async def until_placed(self, role: Role, name: str) -> None:
        """Wait until a release is on trial."""
        async with asyncio.timeout(DEADLINE_S):
            while f'"role": "{role}", "release": "{name}"' not in self.classify.log.read_text():
                await asyncio.sleep(0.05)

    async def choose(self, choice: ModelChoice | bytes) -> None:
        """As somebody would who can write into the bucket."""
        async with MessageBus.connect(self.nats.settings("models"), "test") as bus:
            bucket = await bus.jetstream.key_value(MODELS_BUCKET)
            await bucket.put(CLASSIFY_KEY, choice if isinstance(choice, bytes) else choice.to_bytes())

    @asynccontextmanager
    async def _rollout(self) -> AsyncIterator[Rollout]:
        async with KvBoard.connect(self.nats.settings("models")) as board:
            yield Rollout(ReleaseShelf(ReleaseStore(self.s3.models("models"))), board, public_keys_of(TRUSTED))

    async def ask(self, faces: int = 1) -> FacesEstimated:
        """What classify says of faces now."""
        chips = [chip.tobytes() for chip in reference_chips()[:faces]]
        request = EstimateRequest(chips_rgb=chips, age_and_gender=True, emotion=True).SerializeToString()
        async with MessageBus.connect(self.nats.settings("faceapi"), "test") as bus:
            return FacesEstimated.FromString(await bus.ask(ESTIMATE_SUBJECT, request, 10))

    async def until(self, release: str) -> FacesEstimated:
        """An answer of a release's models."""
        async with asyncio.timeout(DEADLINE_S):
            while not (answer := await self.ask()).classifier_version.startswith(f"{release}-"):
                await asyncio.sleep(0.05)
        return answer

    async def metric(self, series: str) -> float | None:
        """A metric's value, by its name and labels."""
        port = self.classify.program.environment["FACETALLY_CLASSIFY_HEALTH_PORT"]
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
        found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else None

    async def until_refused(self, outcome: str) -> None:
        """Wait until a choice is refused, and see that it says so and that what was in service stays."""
        series = f'facetally_classify_model_swaps_total{{outcome="{outcome}",role="in_service"}}'
        async with asyncio.timeout(DEADLINE_S):
            while not await self.metric(series):
                await asyncio.sleep(0.05)
        assert await self.metric('facetally_classify_model_as_chosen{role="in_service"}') == 0
        assert f'"outcome": "{outcome}"' in self.classify.log.read_text()
        assert (await self.ask()).classifier_version.startswith("face-api-")


def settings(nats: NatsServer, s3: S3Server, folder: Path) -> dict[str, object]:
    store = connection(s3.settings("classify"))
    rollout = {**store, "trusted_keys": json.dumps(TRUSTED), "cache_dir": folder / "cache", "try_again_s": 0.5}
    return {"nats": connection(nats.settings("classify")), "rollout": rollout}


@pytest.fixture
def site(clean_streams: NatsServer, s3_server: S3Server, tmp_path: Path) -> Iterator[Site]:
    program = service("classify", settings(clean_streams, s3_server, tmp_path))
    with running(program, tmp_path) as child:
        yield Site(clean_streams, s3_server, tmp_path, child)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A release is given once, and the store outlives the test."""
    return re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[-40:].strip("-")


async def test_a_promoted_release_answers_while_questions_go_on_and_the_one_before_comes_back(
    site: Site, name: str
) -> None:
    await site.add(name, years_older=5)
    before = await site.ask()
    assert before.classifier_version.startswith("face-api-")
    done = asyncio.Event()
    answers: list[FacesEstimated] = []

    async def go_on() -> None:
        while not done.is_set():
            answers.append(await site.ask())  # whatever fails ends the test

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(go_on())
        await site.promote(name)
        after = await site.until(name)
        assert after.faces[0].age.years - before.faces[0].age.years == pytest.approx(5, abs=1)
        await site.roll_back()
        await site.until("face-api")
        done.set()
    versions = [answer.classifier_version for answer in answers]
    assert set(versions) == {before.classifier_version, after.classifier_version}
    for answer in answers:
        said = after if answer.classifier_version == after.classifier_version else before
        assert answer.faces[0].age.years == pytest.approx(said.faces[0].age.years, abs=1e-3), (
            "a version says who answered"
        )
    assert await site.metric('facetally_classify_model_swaps_total{outcome="swapped",role="in_service"}') == 2
    version = before.classifier_version
    assert (
        await site.metric(f'facetally_classify_model_info{{release="built-in",role="in_service",version="{version}"}}')
        == 1
    )
    assert site.classify.stop() == 0


async def test_photos_that_are_classified_during_a_swap_all_come_out_with_the_version_that_saw_them(
    site: Site, name: str
) -> None:
    await site.add(name, years_older=5)
    chip, photos = bytes(3 * CHIP_SIDE_PX**2), 60
    async with MessageBus.connect(site.nats.settings("detect"), "test") as bus:
        for i in range(photos):
            photo = Photo(photo_id=f"photo-{i}", region_id="north", shop_id="shop-1", camera_id="cam-1")
            faces = [DetectedFace(chip_rgb=chip) for _ in range(1 + 40 * (i % 4 == 0))]
            await bus.publish("faces.north.shop-1", FacesDetected(photo=photo, faces=faces), f"photo-{i}")
            if i == photos // 3:
                await site.promote(name)
        await site.until(name)
        photo = Photo(photo_id="last", region_id="north", shop_id="shop-1", camera_id="cam-1")
        await bus.publish("faces.north.shop-1", FacesDetected(photo=photo, faces=[DetectedFace(chip_rgb=chip)]), "last")
    ages: dict[bool, set[float]] = {True: set(), False: set()}
    async with MessageBus.connect(site.nats.settings("admin"), "test") as bus, asyncio.timeout(DEADLINE_S):
        while (await bus.jetstream.stream_info("RESULTS")).state.messages < photos + 1:
            await asyncio.sleep(0.05)
        for sequence in range(1, photos + 2):
            result = FacesClassified.FromString((await bus.jetstream.get_msg("RESULTS", sequence)).data or b"")
            is_new = result.classifier_version.startswith(name)
            ages[is_new] |= {round(face.age_years, 1) for face in result.faces}
    assert ages[True]
    assert not ages[True] & ages[False], "the version of a row is the one that estimated it"


async def test_the_canarys_cameras_are_estimated_by_it_and_what_the_shadow_says_is_kept_apart(
    site: Site, name: str
) -> None:
    canary, shadow, bad = f"c-{name}", f"s-{name}", f"b-{name}"
    await site.add(canary, years_older=5)
    await site.add(shadow, years_older=9)
    await site.add(bad, spoil=change_self_test)
    share = 0.5
    await site.try_out(Role.CANARY, canary, share)
    await site.try_out(Role.SHADOW, shadow, 1)
    await site.until_placed(Role.CANARY, canary)
    await site.until_placed(Role.SHADOW, shadow)
    cameras = [f"cam-{number}" for number in range(12)]
    of_canary = {camera for camera in cameras if Trial(BUILT_IN, share).takes(camera)}
    assert 0 < len(of_canary) < len(cameras)
    chip = reference_chips()[0].tobytes()
    async with MessageBus.connect(site.nats.settings("detect"), "test") as bus:
        for camera in cameras:
            photo = Photo(photo_id=f"{name}-{camera}", region_id="north", shop_id="shop-1", camera_id=camera)
            message = FacesDetected(photo=photo, faces=[DetectedFace(chip_rgb=chip)])
            await bus.publish("faces.north.shop-1", message, f"{name}-{camera}")
    assert (await site.ask()).classifier_version.startswith("face-api-"), "questions go to what is in service"
    results: dict[str, FacesClassified] = {}
    async with MessageBus.connect(site.nats.settings("admin"), "test") as bus, asyncio.timeout(DEADLINE_S):
        while (await bus.jetstream.stream_info("RESULTS")).state.messages < len(cameras):
            await asyncio.sleep(0.05)
        for sequence in range(1, len(cameras) + 1):
            result = FacesClassified.FromString((await bus.jetstream.get_msg("RESULTS", sequence)).data or b"")
            results[result.photo.camera_id] = result
        while not (await bus.jetstream.stream_info("SHADOW")).state.messages:
            await asyncio.sleep(0.05)
        said = ShadowFaces.FromString((await bus.jetstream.get_msg("SHADOW", 1)).data or b"")
    assert {camera for camera, result in results.items() if result.classifier_version.startswith(canary)} == of_canary
    ages = {camera: result.faces[0].age_years for camera, result in results.items()}
    in_service = next(age for camera, age in ages.items() if camera not in of_canary)
    for camera, age in ages.items():
        assert age - in_service == pytest.approx(5 if camera in of_canary else 0, abs=1)
    recorded = results[said.photo.camera_id]
    assert (said.classifier_version, said.shadow_version.startswith(shadow)) == (recorded.classifier_version, True)
    assert said.faces[0].recorded.age_years == recorded.faces[0].age_years
    assert said.faces[0].shadow.age_years - in_service == pytest.approx(9, abs=1)
    # A canary that is no good takes no camera from the one that is there, or from what is in service.
    await site.try_out(Role.CANARY, bad, 1)
    async with asyncio.timeout(DEADLINE_S):
        while not await site.metric('facetally_classify_model_swaps_total{outcome="self_test",role="canary"}'):
            await asyncio.sleep(0.05)
    assert await site.metric('facetally_classify_model_as_chosen{role="canary"}') == 0
    assert await site.metric('facetally_classify_model_as_chosen{role="in_service"}') == 1
    info = f'facetally_classify_model_info{{release="{canary}",role="canary",version="{next(r.classifier_version for r in results.values() if r.photo.camera_id in of_canary)}"}}'
    assert await site.metric(info) == 1
    assert site.classify.stop() == 0


async def corrupt(site: Site, name: str) -> None:
    await ReleaseStore(site.s3.models("models")).put(name, "face-api-expression.bin", b"not the net")


async def replace_manifest(site: Site, name: str) -> None:
    text = (site.folder / name / RELEASE_FILE).read_bytes()
    await ReleaseStore(site.s3.models("models")).put(name, RELEASE_FILE, text + b"# another one\n")


@pytest.mark.parametrize("spoil", [corrupt, replace_manifest])
async def test_a_release_that_is_not_what_was_promoted_is_never_in_service(
    site: Site, name: str, spoil: Callable[[Site, str], Awaitable[None]]
) -> None:
    release = await site.add(name)
    await spoil(site, name)
    await site.choose(ModelChoice(release, "alice", datetime.now(UTC), "", BUILT_IN).signed(ALICE.key))
    await site.until_refused("damaged")


async def test_a_release_that_fails_its_self_test_is_never_in_service(site: Site, name: str) -> None:
    await site.add(name, spoil=change_self_test)
    await site.promote(name)
    await site.until_refused("self_test")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "face-api-expression.toml").write_bytes(
            (folder / "face-api-age-gender.toml").read_bytes()
        ),
        lambda folder: (folder / "face-api-expression.xml").write_text("<net/>"),
        lambda folder: (folder / SELF_TEST_FILE).write_bytes(b"\x80\x04."),
    ],
    ids=["another-net", "no-net", "a-pickle"],
)
async def test_a_release_of_something_else_is_never_in_service(
    site: Site, name: str, spoil: Callable[[Path], object]
) -> None:
    await site.add(name, spoil=spoil)
    await site.promote(name)
    await site.until_refused("unfit")


async def test_only_who_is_trusted_puts_models_into_service(site: Site, name: str) -> None:
    release = await site.add(name)
    mallory = private_key_of(new_private_key())
    good = ModelChoice(release, "alice", datetime.now(UTC), "", BUILT_IN)
    for bad in (good, good.signed(mallory), replace(good, promoted_by="mallory").signed(mallory)):
        await site.choose(bad)
        await site.until_refused("untrusted")
    await site.choose(replace(good.signed(ALICE.key), reason="another one"))
    await site.until_refused("untrusted")
    refused = await site.metric('facetally_classify_model_swaps_total{outcome="untrusted",role="in_service"}')
    await site.choose(b"\xff no choice")
    async with asyncio.timeout(DEADLINE_S):
        while "model_choice_unreadable" not in site.classify.log.read_text():
            await asyncio.sleep(0.05)
        while (
            await site.metric('facetally_classify_model_swaps_total{outcome="untrusted",role="in_service"}') == refused
        ):
            await asyncio.sleep(0.05)
    assert (await site.ask()).classifier_version.startswith("face-api-")
    await site.choose(good.signed(ALICE.key))
    await site.until(name)


async def test_while_the_store_is_away_what_is_in_service_stays_and_then_the_choice_is_followed(
    clean_streams: NatsServer, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    s3 = S3Server(tmp_path_factory.mktemp("s3"))
    s3.running.spawn()
    await s3.running.until_ready()
    try:
        await s3.provision()
        program = service("classify", settings(clean_streams, s3, tmp_path))
        child = RunningProgram(program, tmp_path / "classify.log")
        child.spawn()
        await child.until_ready()
        try:
            site = Site(clean_streams, s3, tmp_path, child)
            release = await site.add(name)
            s3.running.kill()
            await site.choose(ModelChoice(release, "alice", datetime.now(UTC), "", BUILT_IN).signed(ALICE.key))
            await site.until_refused("away")
            s3.running.spawn()
            await s3.running.until_ready()
            await site.until(name)
            assert await site.metric('facetally_classify_model_as_chosen{role="in_service"}') == 1
        finally:
            child.stop()
    finally:
        s3.running.kill()


@pytest.mark.parametrize("after_s", [0.0, 0.1, 0.3, 0.6])
async def test_a_classify_that_is_killed_during_a_swap_serves_what_is_promoted_when_it_is_back(
    site: Site, name: str, after_s: float
) -> None:
    await site.add(name)
    await site.promote(name)
    await asyncio.sleep(after_s)  # into the swap, or through it
    site.classify.kill()
    site.classify.spawn()
    await site.classify.until_ready()
    assert (await site.ask()).classifier_version.startswith(name), "from the first answer on"
    assert len([path for path in (site.folder / "cache").iterdir() if not path.name.startswith("draft-")]) == 1


async def test_a_release_that_is_on_disk_is_served_without_the_store_and_a_damaged_copy_is_fetched_again(
    site: Site, name: str
) -> None:
    await site.add(name)
    await site.promote(name)
    await site.until(name)
    (copy,) = (site.folder / "cache").iterdir()
    (copy / "face-api-expression.bin").write_bytes(b"a disk forgets")
    site.classify.stop()
    site.classify.spawn()
    await site.classify.until_ready()
    assert (await site.ask()).classifier_version.startswith(name)
    assert (copy / "face-api-expression.bin").stat().st_size > 1000


async def test_classify_may_read_models_and_write_none(s3_server: S3Server, clean_streams: NatsServer) -> None:
    await ReleaseStore(s3_server.models("models")).put("rights", "a.bin", b"net")
    assert await ReleaseStore(s3_server.models("classify")).get("rights", "a.bin", 10) == b"net"
    with pytest.raises(TransientError, match="AccessDenied"):
        await ReleaseStore(s3_server.models("classify")).put("rights", "a.bin", b"another")
    for user in ("ingest", "detect"):
        with pytest.raises(TransientError, match="AccessDenied"):
            await ReleaseStore(s3_server.models(user)).get("rights", "a.bin", 10)
    async with MessageBus.connect(clean_streams.settings("classify"), "test") as bus:
        bucket = await bus.jetstream.key_value(MODELS_BUCKET)
        with pytest.raises(TimeoutError):
            await bucket.put(CLASSIFY_KEY, b"mine")
