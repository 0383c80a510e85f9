"""Photos in, sightings out: decoded, and looked at by the models, in a worker thread."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from time import perf_counter
from typing import NamedTuple, Protocol, Self

from prometheus_client import Histogram

from models.predict.finder import FaceFinder, FoundFace, Photo
from services.common import jpeg_decoder
from services.common.batches import Batches
from services.common.errors import BadInputError
from services.common.jpeg_decoder import DecodedPhoto
from services.common.vocabulary import Quality, QualityReason
from services.detect.adapters import picture_decoder
from services.detect.domain import Look, SeenFace, Sighting, smallest_face_px

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


class Decoder(Protocol):
    """What makes pixels of a file: of cameras' JPEGs, or of others' pictures."""

    def pixels(self, photo: bytes, /) -> int:
        """How many it has, before anything is decoded."""
        ...

    def decode(self, photo: bytes, min_scale: float, max_pixels: int, /) -> DecodedPhoto:
        """Its pixels, at `min_scale` or more."""
        ...


class Asked(NamedTuple):
    """A photo that is to be looked at.

    Args:
        photo: the file.
        look: how.
        urgent: somebody waits for the answer.
    """

    photo: bytes
    look: Look
    urgent: bool = False


class FaceDetector:
    """Sees faces in photos, as closely as each is to be looked at.

    Args:
        finder: the models.
        urgent_finder: the same, for photos whose answer somebody waits for: it may use more of the processor.
        max_batch_photos: most photos of cameras that are looked at together: on a GPU they cost less so. What is urgent is
            looked at by itself: it waits for nobody, and may cost many times more.
        max_batch_delay_s: how long the first of them waits for others.
    """

    def __init__(
        self,
        finder: FaceFinder,
        urgent_finder: FaceFinder | None = None,
        *,
        max_batch_photos: int = 1,
        max_batch_delay_s: float = 0.0,
    ) -> None:
        self._finder = finder
        self._urgent_finder = urgent_finder or finder
        self._batches: Batches[Asked, Sighting] = Batches(
            self.look,
            max_batch_photos,
            max_batch_delay_s,
            weight=lambda asked: max_batch_photos if asked.urgent else 1,
            waited=QUEUE_SECONDS.observe,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """A detector with its worker thread, for as long as the block runs."""
        async with self._batches.running("faces"):
            yield self

    def version(self, look: Look) -> str:
        """Names the detector and the scale at which it looks."""
        return f"{self._finder.version}-{look.min_face_px}px"

    async def detect(self, photo: bytes, look: Look, *, urgent: bool = False) -> Sighting:
        """Faces in a photo, off the event loop.

        Args:
            photo: the file.
            look: how closely it is looked at.
            urgent: somebody waits for the answer.

        Raises:
            BadInputError: it cannot be decoded.
        """
        return await self._batches.submit(Asked(photo, look, urgent), urgent=urgent)

    def look(self, asked: Sequence[Asked]) -> list[Sighting | Exception]:
        """As `detect`, here and now, for several photos: what each shows, or why it shows nothing."""
        BATCH_PHOTOS.observe(len(asked))
        finder = self._urgent_finder if all(one.urgent for one in asked) else self._finder
        with _timed("decode"):
            decoded = [_decoded(one) for one in asked]
        readable = [photo for photo in decoded if isinstance(photo, Photo)]
        with _timed("find"):
            boxes = finder.boxes(readable)
        with _timed("cut"):
            faces = iter(
                [[finder.cut(photo, box) for box in found] for photo, found in zip(readable, boxes, strict=True)]
            )
            return [
                photo if isinstance(photo, Exception) else _sighting(photo, next(faces), one.look)
                for photo, one in zip(decoded, asked, strict=True)
            ]


def _decoded(asked: Asked) -> Photo | BadInputError:
    decoder: Decoder = picture_decoder if asked.look.is_question else jpeg_decoder
    try:
        min_face_px = smallest_face_px(asked.look, decoder.pixels(asked.photo))
        decoded = decoder.decode(asked.photo, min(1.0, _FACE_PX / min_face_px), asked.look.max_pixels)
    except BadInputError as error:
        return error
    return Photo(decoded.rgb, (decoded.height_px, decoded.width_px), min_face_px)


def _sighting(photo: Photo, faces: Iterable[FoundFace], look: Look) -> Sighting:
    height_px, width_px = photo.full_px
    return Sighting(width_px, height_px, tuple(_seen(face, with_noise=look.with_noise) for face in faces))


def _seen(face: FoundFace, *, with_noise: bool) -> SeenFace:
    return SeenFace(
        left_px=round(face.left_px),
        top_px=round(face.top_px),
        width_px=round(face.width_px),
        height_px=round(face.height_px),
        score=face.score,
        points=tuple((float(x), float(y)) for x, y in face.points),
        centre=face.centre,
        size_px=face.size_px,
        roll_deg=face.roll_deg,
        chip_rgb=face.chip.tobytes(),
        quality=Quality(face.quality.level),
        quality_reason=QualityReason(face.quality.reason),
        sharpness=face.quality.sharpness,
        brightness=face.quality.brightness,
        pose_residual=face.quality.pose_residual,
        noise=face.noise() if with_noise else None,
    )


@contextmanager
def _timed(step: str) -> Iterator[None]:
    began = perf_counter()
    yield
    STEP_SECONDS.labels(step).observe(perf_counter() - began)
