"""Photos as JPEG in, sightings out: decoded, and looked at by the models, in a worker thread."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from time import perf_counter
from typing import Self

from prometheus_client import Histogram

from models.predict.finder import FaceFinder, FoundFace, Photo
from services.common.batches import Batches
from services.common.errors import BadInputError
from services.common.vocabulary import Quality, QualityReason
from services.detect.adapters.jpeg_decoder import DecodedPhoto, decode
from services.detect.domain import SeenFace, Sighting

STEP_SECONDS = Histogram(
    "facetally_detect_step_seconds",
    "Time of each step of looking at photos: decode, find, cut",
    ["step"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.5, 2),
)
BATCH_PHOTOS = Histogram("facetally_detect_batch_photos", "Photos looked at together", buckets=(1, 2, 4, 8, 16, 32))
QUEUE_SECONDS = Histogram(
    "facetally_detect_queue_seconds",
    "Time that a photo waited for its turn",
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
)
# A chip shows faces at 80 pixels: a photo is decoded at no less than the scale at which the smallest face is as large.
_FACE_PX = 80


class FaceDetector:
    """Sees faces of at least `min_face_px`.

    Args:
        finder: the models.
        min_face_px: smallest face to look for, pixels of the full-size photo.
        max_photo_pixels: larger photos are refused.
        max_batch_photos: most photos that are looked at together: on a GPU they cost less so.
        max_batch_delay_s: how long the first of them waits for others.
    """

    def __init__(
        self,
        finder: FaceFinder,
        min_face_px: int,
        max_photo_pixels: int,
        max_batch_photos: int = 1,
        max_batch_delay_s: float = 0.0,
    ) -> None:
        self._finder = finder
        self._scale = min(1.0, _FACE_PX / min_face_px)
        self._max_photo_pixels = max_photo_pixels
        self._batches: Batches[bytes, Sighting] = Batches(
            self.look, max_batch_photos, max_batch_delay_s, waited=QUEUE_SECONDS.observe
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """A detector with its worker thread, for as long as the block runs."""
        async with self._batches.running("faces"):
            yield self

    @property
    def version(self) -> str:
        """Names the detector and the scale at which it looks."""
        return self._finder.version

    async def detect(self, photo: bytes, *, urgent: bool = False) -> Sighting:
        """Faces in a JPEG, off the event loop.

        Args:
            photo: the file.
            urgent: somebody waits for the answer.

        Raises:
            BadInputError: it cannot be decoded.
        """
        return await self._batches.submit(photo, urgent=urgent)

    def look(self, photos: Sequence[bytes]) -> list[Sighting | Exception]:
        """As `detect`, here and now, for several photos: what each shows, or why it shows nothing."""
        BATCH_PHOTOS.observe(len(photos))
        with _timed("decode"):
            decoded = [self._decode(photo) for photo in photos]
        readable = [Photo(one.rgb, (one.height_px, one.width_px)) for one in decoded if isinstance(one, DecodedPhoto)]
        with _timed("find"):
            boxes = self._finder.boxes(readable)
        with _timed("cut"):
            faces = iter(
                [
                    tuple(_seen(self._finder.cut(photo, box)) for box in found)
                    for photo, found in zip(readable, boxes, strict=True)
                ]
            )
        return [
            one if isinstance(one, Exception) else Sighting(one.width_px, one.height_px, next(faces)) for one in decoded
        ]

    def _decode(self, photo: bytes) -> DecodedPhoto | BadInputError:
        try:
            return decode(photo, self._scale, self._max_photo_pixels)
        except BadInputError as error:
            return error


def _seen(face: FoundFace) -> SeenFace:
    return SeenFace(
        left_px=round(face.left_px),
        top_px=round(face.top_px),
        width_px=round(face.width_px),
        height_px=round(face.height_px),
        score=face.score,
        points=tuple((float(x), float(y)) for x, y in face.points),
        chip_rgb=face.chip.tobytes(),
        quality=Quality(face.quality.level),
        quality_reason=QualityReason(face.quality.reason),
        sharpness=face.quality.sharpness,
        brightness=face.quality.brightness,
        pose_residual=face.quality.pose_residual,
    )


@contextmanager
def _timed(step: str) -> Iterator[None]:
    began = perf_counter()
    yield
    STEP_SECONDS.labels(step).observe(perf_counter() - began)
