"""python -m services.detect."""

from collections.abc import Sequence

from facetally.v1.face_pb2 import PhotoOutcome
from facetally.v1.photo_pb2 import PhotoStored
from prometheus_client import Counter

from services.common.inbox import Delivery
from services.common.lifecycle import Runtime, run_service
from services.common.messaging import MessageBus
from services.common.storage import PhotoStorage
from services.common.streams import DETECT
from services.detect.adapters.dlib_detector import DlibDetector
from services.detect.handler import DetectFaces
from services.detect.settings import DetectSettings

PHOTOS = Counter(
    "facetally_detect_photos_total",
    "Photos looked at, by outcome: faces, no_face, face_too_small, unreadable",
    ["outcome"],
)
FACES = Counter("facetally_detect_faces_total", "Faces that count")


async def serve(settings: DetectSettings, runtime: Runtime) -> None:
    """Look at photos until asked to stop."""
    async with (
        MessageBus.connect(settings.nats, "detect") as bus,
        PhotoStorage.connect(settings.s3) as storage,
        DlibDetector.running(settings.min_face_px, settings.score_threshold, settings.max_photo_pixels) as detector,
    ):
        runtime.health.ready_when("nats", bus.is_ready)
        runtime.health.ready_when("s3", storage.is_ready)
        detect_faces = DetectFaces(
            storage, detector, bus, min_face_px=settings.min_face_px, max_faces=settings.max_faces
        )

        async def handle(deliveries: Sequence[Delivery]) -> None:
            for delivery in deliveries:
                result = await detect_faces(PhotoStored.FromString(delivery.body))
                PHOTOS.labels(PhotoOutcome.Name(result.outcome).removeprefix("PHOTO_OUTCOME_").lower()).inc()
                FACES.inc(len(result.faces))

        inbox = await bus.inbox(DETECT)
        runtime.health.started()
        await inbox.run(handle, stopping=runtime.stopping, batches_in_flight=settings.photos_in_flight)


if __name__ == "__main__":
    run_service("detect", DetectSettings, serve)
