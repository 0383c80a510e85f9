"""The models that estimate again: a release from a folder or from the store, or the nets that come with the code."""

import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.predict.classifier import FaceClassifier
from models.predict.finder import FaceCutter, Photo
from models.predict.releases import load_release
from models.preprocess import Crops
from models.pyramid import Found
from models.release import MAX_RELEASE_FILE_BYTES, RELEASE_FILE, ReleaseError, check_file, parse, read
from services.backfill.domain import BackfillError, Box, Estimate, Estimates, StoredPhoto
from services.common import jpeg_decoder
from services.common.errors import BadInputError, PermanentError
from services.common.model_choice import BUILT_IN
from services.common.release_store import ReleaseStore

# A chip shows faces at 80 pixels: a photo is decoded at no less than the scale at which the smallest face is as large.
_FACE_PX: Final = 80
_PASS_FACES: Final = 32


@dataclass(frozen=True, slots=True)
class Looks:
    """How faces are looked at: as detect and classify do it.

    Args:
        crops: how many looks each face gets.
        min_face_px: width that a face should have in the full-size photo, pixels.
        max_photo_pixels: larger photos are skipped.
        device: where the nets run.
        weights_dir: of the nets that come with the code; None: beside it.
    """

    crops: Crops
    min_face_px: int
    max_photo_pixels: int
    device: Literal["cpu", "cuda"]
    weights_dir: Path | None


async def load(release: str, store: ReleaseStore, looks: Looks) -> "FaceModels":
    """Models that have passed their self-test.

    Args:
        release: folder of a release, the name of one in the store, or built-in.
        store: of releases.
        looks: how faces are looked at.

    Raises:
        BackfillError: there is no such release, or it is damaged or not fit.
        TransientError: the store is away.
    """
    try:
        if release == BUILT_IN.name:
            classifier = FaceClassifier.load(looks.weights_dir, looks.device, crops=looks.crops)
        elif (folder := Path(release)).is_dir():
            classifier = _loaded(folder, looks)
        else:
            with tempfile.TemporaryDirectory() as fetched:
                await _fetch(release, store, Path(fetched))
                classifier = _loaded(Path(fetched), looks)
    except ReleaseError as error:
        raise BackfillError(f"the release {release} cannot be used: {error}") from error
    return FaceModels(classifier, looks)


def _loaded(folder: Path, looks: Looks) -> FaceClassifier:
    _, sha256 = read(folder)
    return load_release(folder, sha256, looks.device, crops=looks.crops)


async def _fetch(release: str, store: ReleaseStore, folder: Path) -> None:
    try:
        text = await store.get(release, RELEASE_FILE, MAX_RELEASE_FILE_BYTES)
    except PermanentError as error:
        raise BackfillError(f"{release} is neither a folder nor a release in the store") from error
    told = parse(text)
    (folder / RELEASE_FILE).write_bytes(text)
    for file in told.files:
        try:
            data = await store.get(release, file.path, file.size_bytes)
        except PermanentError as error:
            raise BackfillError(f"the release {release} cannot be used: {error}") from error
        check_file(file, data)
        (folder / file.path).write_bytes(data)


class FaceModels:
    """Cuts faces out of photos where they were found, and estimates them, in one thread.

    Args:
        classifier: the nets.
        looks: how faces are looked at.
    """

    def __init__(self, classifier: FaceClassifier, looks: Looks) -> None:
        self._classifier = classifier
        self._cutter = FaceCutter()
        self._looks = looks

    @property
    def version(self) -> str:
        """Names the nets, their digests and the looks, as classify does."""
        return self._classifier.version

    async def estimate(self, photos: Sequence[tuple[StoredPhoto, bytes]]) -> Estimates:
        """Estimates of the faces in the photos' boxes; a photo that cannot be decoded has none.

        Raises:
            BackfillError: the models say what are no numbers.
        """
        return await asyncio.to_thread(self._estimate, photos)

    def _estimate(self, photos: Sequence[tuple[StoredPhoto, bytes]]) -> Estimates:
        chips: list[NDArray[np.uint8]] = []
        readable: list[StoredPhoto] = []
        for photo, data in photos:
            try:
                chips += self._chips(data, photo.boxes)
            except BadInputError:
                continue
            readable.append(photo)
        passes = (chips[start : start + _PASS_FACES] for start in range(0, len(chips), _PASS_FACES))
        said = iter([estimate for some in passes for estimate in self._said(np.stack(some))])
        return {photo.place.photo_id: tuple(next(said) for _ in photo.boxes) for photo in readable}

    def _chips(self, data: bytes, boxes: Iterable[Box]) -> list[NDArray[np.uint8]]:
        scale = min(1.0, _FACE_PX / self._looks.min_face_px)
        decoded = jpeg_decoder.decode(data, scale, self._looks.max_photo_pixels)
        photo = Photo(decoded.rgb, (decoded.height_px, decoded.width_px), self._looks.min_face_px)
        return [self._cutter.cut(photo, _found(box, photo)).chip for box in boxes]

    def _said(self, chips: NDArray[np.uint8]) -> list[Estimate]:
        ages = self._classifier.ages_and_genders(chips)
        female = ages.gender[:, 0]
        columns = (ages.age_years, ages.age_low_years, ages.age_high_years, female, self._classifier.emotions(chips))
        rows = zip(*(column.tolist() for column in columns), strict=True)
        said = [
            Estimate(age, _known(low), _known(high), female, tuple(emotions))
            for age, low, high, female, emotions in rows
        ]
        if not all(estimate.is_finite for estimate in said):
            raise BackfillError("the models say what are no numbers")
        return said


def _known(years: float) -> float | None:
    return None if isnan(years) else years


def _found(box: Box, photo: Photo) -> Found:
    """A box in pixels of the decoded photo."""
    across, down = photo.rgb.shape[1] / photo.full_px[1], photo.rgb.shape[0] / photo.full_px[0]
    return Found(box.left_px * across, box.top_px * down, box.width_px * across, box.height_px * down, box.score)
