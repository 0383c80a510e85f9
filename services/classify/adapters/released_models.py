"""Models out of releases: fetched, checked, loaded and tested, in a thread beside the one that estimates."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from models.predict.classifier import FaceClassifier
from models.predict.releases import load_release
from models.preprocess import Crops
from models.release import ReleaseError
from models.runtime import Device
from services.classify.adapters.release_cache import ReleaseCache
from services.classify.domain import UnfitReleaseError
from services.common.model_choice import BUILT_IN, ReleaseId


class ReleasedModels:
    """What the classifier's models are loaded from.

    Args:
        cache: of releases.
        built_in: loads the models that come with the code.
        device: where models run.
        crops: how many looks each face gets.
        threads: of the processor that a net may use.
    """

    def __init__(
        self, cache: ReleaseCache, built_in: Callable[[], FaceClassifier], device: Device, crops: Crops, threads: int
    ) -> None:
        self._cache = cache
        self._built_in = built_in
        self._device = device
        self._crops = crops
        self._threads = threads

    async def load(self, release: ReleaseId) -> FaceClassifier:
        """Models that have passed their self-test.

        Raises:
            UnfitReleaseError: it is not the release, or its models are not fit for service.
            TransientError: the store is away.
        """
        if release == BUILT_IN:
            return await asyncio.to_thread(self._built_in)
        try:
            return await asyncio.to_thread(self._load, await self._cache.fetch(release), release)
        except ReleaseError as error:
            raise UnfitReleaseError(error.reason, str(error)) from error

    def _load(self, folder: Path, release: ReleaseId) -> FaceClassifier:
        sha256 = release.sha256.hex()
        return load_release(folder, sha256, self._device, crops=self._crops, threads=self._threads)
