"""226 means kept: whatever is killed meanwhile, every photo that was answered so is in the store and in the stream."""

import asyncio
import io
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from services.common.ids import PhotoId
from services.common.storage import PhotoStorage
from tests.servers.ingest import Camera, announced, running_ingest
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.running import RunningProgram
from tests.servers.s3 import S3Server
from tests.servers.services import connection

pytestmark = pytest.mark.timeout(180)
UPLOADS = 2_000
CAMERAS = 4
AT_ONCE = 16
KILLS_EACH = 4
# Less than ingest itself waits for NATS: a camera comes again with a photo that is still being kept.
PATIENCE_S = 4.0


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A small photo."""
    written = io.BytesIO()
    Image.frombytes("RGB", (240, 180), random.Random(7).randbytes(240 * 180 * 3)).save(written, "JPEG", quality=90)
    return written.getvalue()


@dataclass
class Story:
    """Who was killed, what went wrong with uploads meanwhile, and which photos were answered 226."""

    chance: random.Random
    killed: list[str] = field(default_factory=lambda: ["nobody"])
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    kept: dict[PhotoId, bytes] = field(default_factory=dict)

    async def keep(self, camera: Camera, path: str, content: bytes) -> None:
        """As a camera does: again and again, until it is told 226."""
        while True:
            before = len(self.killed)
            try:
                answer = await camera.upload(path, content, PATIENCE_S)
            except OSError as error:
                answer = type(error).__name__
            if answer.startswith("226"):
                self.kept[camera.photo_id(content)] = content
                return
            # Put down to the first that was killed during this try; where none was, to the last before it.
            victim = self.killed[min(before, len(self.killed) - 1)]
            self.failures[victim, answer.split(" ", maxsplit=1)[0]] += 1
            await asyncio.sleep(self.chance.uniform(0.05, 0.2))

    async def kill(self, victim: RunningProgram, moment: int) -> None:
        """Once so many photos are kept, kill a program; start it again a little later."""
        while len(self.kept) < moment:
            await asyncio.sleep(0.005)
        await asyncio.sleep(self.chance.uniform(0, 0.05))  # anywhere within an upload
        self.killed.append(victim.program.name)
        victim.kill()
        try:
            await asyncio.sleep(self.chance.uniform(0, 1))
        finally:
            victim.spawn()  # others may use the server after this test
        await victim.until_ready()


async def test_what_was_answered_226_is_kept_and_announced_once_whatever_is_killed(
    tmp_path: Path,
    certificate: Path,
    clean_streams: NatsServer,
    s3_server: S3Server,
    database: Database,
    photo: bytes,
) -> None:
    assert 30_000 < len(photo) < 60_000
    story = Story(random.Random(7))
    moments = sorted(story.chance.sample(range(UPLOADS // 40, UPLOADS - UPLOADS // 10), 3 * KILLS_EACH))
    numbers = iter(range(UPLOADS))
    s3 = connection(s3_server.settings("ingest"))
    async with running_ingest(tmp_path, certificate, clean_streams, s3, database, CAMERAS) as ingest:
        victims = (ingest.running, clean_streams.running, s3_server.running)

        async def killer() -> None:
            for victim, moment in zip(victims * KILLS_EACH, moments, strict=True):
                await story.kill(victim, moment)

        async def client(camera: Camera) -> None:
            for number in numbers:
                # Half of the names say when the photo was taken. The others' keys in the store differ from try to try.
                stamp = f"20260307{number // 3600:02}{number // 60 % 60:02}{number % 60:02}"
                path = f"K3TA_00_{stamp}.jpg" if number % 2 else "photo.jpg"
                # After the end of the JPEG, where cameras put things of their own.
                await story.keep(camera, path, photo + f"{number:06}".encode())

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(killer())
            for number in range(AT_ONCE):
                tasks.create_task(client(ingest.cameras[number % CAMERAS]))

    photos = await announced(clean_streams)
    keys = {photo.photo_id: photo.object_key for photo in photos}
    assert len(story.kept) == UPLOADS
    assert story.kept.keys() - keys.keys() == set()
    assert len(photos) == UPLOADS, "each once: every try came well within the two minutes that JetStream remembers ids"
    async with PhotoStorage.connect(s3_server.settings("detect")) as storage:
        for known, content in story.kept.items():
            assert await storage.get(keys[known]) == content
    names = [victim.program.name for victim in victims]
    assert story.killed == ["nobody", *names * KILLS_EACH]
    assert {victim for victim, _ in story.failures} == set(names), story.failures
    assert not any(answer == "530" for _, answer in story.failures), "a right password is never called wrong"
