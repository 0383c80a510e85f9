"""Several processes of a machine share a folder of releases."""

import asyncio
import shutil
from pathlib import Path

from models.release import check, read
from services.classify.adapters.release_cache import ReleaseCache
from services.common.model_choice import ReleaseId
from services.common.release_store import ReleaseStore
from services.rollout.adapters.release_shelf import ReleaseShelf
from tests.models.releases import pair_release
from tests.servers.s3 import S3Server

_ROUNDS = 5


async def test_nobody_takes_a_release_away_from_whoever_loads_it(tmp_path: Path, s3_server: S3Server) -> None:
    pair_release(tmp_path / "shared", "shared")
    store = ReleaseStore(s3_server.models("models"))
    release, _ = await ReleaseShelf(store).add(tmp_path / "shared")
    folder = tmp_path / "cache"
    processes = [ReleaseCache(store, folder) for _ in range(3)]

    async def load(cache: ReleaseCache) -> None:
        found = await cache.fetch(ReleaseId(release.name, release.sha256))
        for _ in range(5):
            await asyncio.to_thread(check, found, read(found)[0])

    for _ in range(_ROUNDS):
        shutil.rmtree(folder, ignore_errors=True)
        await asyncio.gather(*map(load, processes))
        assert [path.name for path in folder.iterdir()] == [release.sha256.hex()]
        (folder / release.sha256.hex() / "self_test.safetensors").write_bytes(b"a disk forgets")
        await asyncio.gather(*map(load, processes))
