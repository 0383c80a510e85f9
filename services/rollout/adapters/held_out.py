"""Labelled faces that were kept aside: a release is compared on them with the one in service."""

import json
import tempfile
from pathlib import Path

from models.release import MAX_RELEASE_FILE_BYTES, RELEASE_FILE, parse
from services.common.errors import PermanentError
from services.common.model_choice import BUILT_IN, ReleaseId
from services.common.release_store import ReleaseStore
from services.rollout.adapters.programs import verdict_of
from services.rollout.domain import Judgement, Release, RolloutError

_DIGITS = 8


class HeldOutFaces:
    """Judges releases.

    Args:
        store: of releases.
        data_set: folder of the faces; those of its test split that have labels decide.
    """

    def __init__(self, store: ReleaseStore, data_set: Path) -> None:
        self._store = store
        self._data_set = data_set

    async def judge(self, candidate: Release, in_service: ReleaseId) -> Judgement:
        """Compare a release with the one in service, and keep the comparison beside it in the store.

        Raises:
            RolloutError: they cannot be compared.
            TransientError: the store is away.
        """
        with tempfile.TemporaryDirectory(prefix="facetally-") as folder:
            arguments = [str(await self._fetched(candidate.name, Path(folder))), "--data", str(self._data_set)]
            if in_service != BUILT_IN:
                arguments += ["--in-service", str(await self._fetched(in_service.name, Path(folder)))]
            document = await verdict_of(*arguments)
        said = json.loads(document)
        before = in_service.sha256.hex()[:_DIGITS] or BUILT_IN.name
        file = f"comparison-{before}-{said['dataset']}-{said['dataset_version']}.json"
        await self._store.put(candidate.name, file, document)
        data = f"{said['dataset']} {said['dataset_version']}"
        return Judgement(data, said["faces"], tuple(said["against"]), document)

    async def _fetched(self, name: str, folder: Path) -> Path:
        release = folder / name
        release.mkdir()
        try:
            text = await self._store.get(name, RELEASE_FILE, MAX_RELEASE_FILE_BYTES)
            (release / RELEASE_FILE).write_bytes(text)
            for file in parse(text).files:
                (release / file.path).write_bytes(await self._store.get(name, file.path, file.size_bytes))
        except PermanentError as error:
            raise RolloutError(f"the release {name} is not whole in the store: {error}") from error
        return release
