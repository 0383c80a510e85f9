"""python -m services.classify."""

from collections.abc import Sequence

from facetally.v1.face_pb2 import FacesDetected

from models.predict.classifier import FaceClassifier
from models.preprocess import Crops
from services.classify.adapters.face_classifier import BatchedClassifier
from services.classify.handler import ClassifyFaces
from services.classify.settings import ClassifySettings
from services.common.inbox import Delivery
from services.common.lifecycle import Runtime, run_service
from services.common.messaging import MessageBus
from services.common.streams import CLASSIFY


async def serve(settings: ClassifySettings, runtime: Runtime) -> None:
    """Classify until asked to stop."""
    model = FaceClassifier.load(
        settings.weights_dir, settings.device, crops=Crops(settings.crops), threads=settings.threads
    )
    async with (
        MessageBus.connect(settings.nats, "classify") as bus,
        BatchedClassifier.running(model, settings.max_batch_faces, settings.max_batch_delay_ms / 1000) as classifier,
    ):
        runtime.health.ready_when("nats", bus.is_ready)
        classify_faces = ClassifyFaces(classifier, bus)

        async def handle(deliveries: Sequence[Delivery]) -> None:
            for delivery in deliveries:
                await classify_faces(FacesDetected.FromString(delivery.body))

        inbox = await bus.inbox(CLASSIFY)
        runtime.health.started()
        await inbox.run(handle, stopping=runtime.stopping, batches_in_flight=settings.messages_in_flight)


if __name__ == "__main__":
    run_service("classify", ClassifySettings, serve)
