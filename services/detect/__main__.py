"""python -m services.detect, and the command `facetally camera check`."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from facetally.v1.face_pb2 import FaceQuality, PhotoOutcome, QualityReason
from facetally.v1.photo_pb2 import PhotoStored
from facetally.v1.question_pb2 import LookRequest
from prometheus_client import Counter

from models.predict.boxes import Method
from models.predict.finder import FaceFinder
from services.common.cameras.acceptance import Verdict, judge
from services.common.cameras.exif import read_exif
from services.common.cameras.jpeg import NotJpegError, TruncatedJpegError, read_structure
from services.common.cameras.path_patterns import ANY, PATTERN_NAMES, PatternError, read_path
from services.common.errors import BadInputError
from services.common.inbox import Delivery
from services.common.jpeg_decoder import preview
from services.common.lifecycle import Runtime, run_service
from services.common.messaging import MessageBus
from services.common.storage import PhotoStorage
from services.common.streams import DETECT, EXAMINE_SUBJECT, LOOK_SUBJECT
from services.detect.adapters.face_detector import FaceDetector
from services.detect.adapters.verdict_tables import VerdictTables
from services.detect.domain import Look
from services.detect.handler import DetectFaces, ExaminePhoto, LookAtPhoto, Publisher
from services.detect.settings import DetectSettings, FinderSettings

PHOTOS = Counter(
    "facetally_detect_photos_total",
    "Photos looked at, by outcome: faces, no_face, face_too_small, unreadable",
    ["outcome"],
)
FACES = Counter("facetally_detect_faces_total", "Faces that are large enough")
QUALITY = Counter(
    "facetally_detect_face_quality_total",
    "The same, by quality (good, usable, rejected) and what keeps them from being good",
    ["quality", "reason"],
)
LOOKS = Counter(
    "facetally_detect_looks_total",
    "Photos that somebody asked about, by outcome: answered, unreadable, too_many_pixels, bad_question",
    ["outcome"],
)
# Faces that are too small are looked for where somebody asks why a photo shows none. That costs memory and time by the pixel:
# larger photos are looked at once.
_CLOSE_UP = Look(min_face_px=80, max_pixels=25_000_000)
# More wait for their turn than are looked at, so that there is always a next one.
_LOOKS_AT_ONCE = 32
_PREVIEW_PX = 1280

app = typer.Typer()


async def serve(settings: DetectSettings, runtime: Runtime, results: Publisher | None = None) -> None:
    """Look at photos until asked to stop.

    Args:
        settings: of detect.
        runtime: whether to stop.
        results: where they go instead of the stream FACES.
    """
    async with (
        MessageBus.connect(settings.nats, "detect") as bus,
        PhotoStorage.connect(settings.s3) as storage,
        _detector(settings) as detector,
    ):
        runtime.health.ready_when("nats", bus.is_ready)
        runtime.health.ready_when("s3", storage.is_ready)
        detect_faces = DetectFaces(storage, detector, results or bus, _look(settings), max_faces=settings.max_faces)
        examine_photo = _examiner(detector, settings)
        look_at_photo = LookAtPhoto(detector, max_pixels=settings.max_photo_pixels)

        async def handle(deliveries: Sequence[Delivery]) -> None:
            for delivery in deliveries:
                result = await detect_faces(PhotoStored.FromString(delivery.body))
                PHOTOS.labels(PhotoOutcome.Name(result.outcome).removeprefix("PHOTO_OUTCOME_").lower()).inc()
                FACES.inc(len(result.faces))
                for face in result.faces:
                    quality = FaceQuality.Name(face.quality).removeprefix("FACE_QUALITY_").lower()
                    reason = QualityReason.Name(face.quality_reason).removeprefix("QUALITY_REASON_").lower()
                    QUALITY.labels(quality, reason).inc()

        async def examine(photo: bytes) -> bytes:
            return (await examine_photo(photo)).SerializeToString()

        async def look(question: bytes) -> bytes:
            try:
                answer = await look_at_photo(LookRequest.FromString(question))
            except BadInputError as error:
                LOOKS.labels(error.reason).inc()
                raise
            LOOKS.labels("answered").inc()
            return answer.SerializeToString()

        inbox = await bus.inbox(DETECT)
        async with (
            bus.answering("examine", EXAMINE_SUBJECT, examine),
            bus.answering("look", LOOK_SUBJECT, look, at_once=_LOOKS_AT_ONCE),
        ):
            runtime.started()
            await inbox.run(handle, stopping=runtime.stopping, batches_in_flight=settings.photos_in_flight)


@asynccontextmanager
async def _detector(settings: FinderSettings) -> AsyncIterator[FaceDetector]:
    def finder(threads: int) -> FaceFinder:
        return FaceFinder.load(
            Method(settings.method),
            settings.score_threshold,
            weights_dir=settings.weights_dir,
            device=settings.device,
            threads=threads,
        )

    detector = FaceDetector(
        finder(settings.threads),
        finder(settings.urgent_threads) if settings.urgent_threads != settings.threads else None,
        max_batch_photos=settings.max_batch_photos,
        max_batch_delay_s=settings.max_batch_delay_ms / 1000,
    )
    async with detector.running():
        yield detector


def _look(settings: FinderSettings) -> Look:
    """How cameras' photos are looked at."""
    return Look(settings.min_face_px, settings.max_photo_pixels)


def _examiner(detector: FaceDetector, settings: FinderSettings) -> ExaminePhoto:
    async def shrink(photo: bytes) -> bytes:
        return await asyncio.to_thread(preview, photo, _PREVIEW_PX, settings.max_photo_pixels)

    return ExaminePhoto(detector, _look(settings), _CLOSE_UP, shrink)


@app.command("check")
def check_command(
    photos: Annotated[
        list[Path],
        typer.Argument(help="Photos that the camera has taken, named as it uploads them", exists=True, dir_okay=False),
    ],
    path: Annotated[
        str, typer.Option(help="Folders and name as the camera uploads them, where the file here is called otherwise")
    ] = "",
    pattern: Annotated[
        str, typer.Option(help=f"How it names its uploads: {', '.join(PATTERN_NAMES)}, or a template")
    ] = ANY,
    shared_login: Annotated[
        bool, typer.Option("--shared-login", help="Other cameras upload with the same login")
    ] = False,
    server: Annotated[str, typer.Option(help="Address of the FTP service")] = "",
    port: Annotated[int, typer.Option(help="Its port")] = 2121,
) -> None:
    """Try out photos of a camera: is it all that an exit camera must be? Ends with 1 where one is not."""
    report = VerdictTables()
    try:
        results = asyncio.run(_check(photos, path, pattern, own_login=not shared_login))
    except PatternError as error:
        raise typer.BadParameter(str(error), param_hint="--pattern") from error
    passed = 0
    for photo, result in zip(photos, results, strict=True):
        passed += report.photo(photo, result)
    report.summary(passed, len(photos))
    report.settings(server or _own_name(), port)
    if passed < len(photos):
        raise typer.Exit(1)


def _own_name() -> str:
    name = socket.getfqdn()
    return "the address of the machine that takes uploads" if name.startswith("localhost") else name


async def _check(photos: list[Path], path: str, pattern: str, *, own_login: bool) -> list[list[Verdict] | str]:
    """The verdicts on each photo, or why there are none."""
    read_path("", (pattern,))
    settings = FinderSettings()
    results: list[list[Verdict] | str] = []
    async with _detector(settings) as detector:
        examine_photo = _examiner(detector, settings)
        for photo in photos:
            content = b""
            try:
                content = photo.read_bytes()
                exif = read_exif(read_structure(content).exif)
                facts = read_path(path or str(photo), (pattern,))
                results.append(judge(await examine_photo(content), facts, exif, own_login=own_login))
            except NotJpegError:
                results.append("this is not a JPEG photo" if content else "this file is empty")
            except TruncatedJpegError:
                results.append("the photo's end is missing")
            except (BadInputError, OSError) as error:
                results.append(str(error))
    return results


if __name__ == "__main__":
    run_service("detect", DetectSettings, serve)
