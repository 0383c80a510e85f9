"""python -m services.classify."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from facetally.v1.face_pb2 import FacesDetected

from models.predict.classifier import FaceClassifier
from models.preprocess import Crops
from services.classify.adapters.face_classifier import BatchedClassifier
from services.classify.handler import ClassifyFaces
from services.classify.settings import ClassifierSettings, ClassifySettings
from services.common.health import Health
from services.common.inbox import Delivery
from services.common.lifecycle import Runtime, run_service
from services.common.messaging import MessageBus
from services.common.streams import CLASSIFY


async def serve(settings: ClassifySettings, runtime: Runtime) -> None:
    """Classify until asked to stop."""
    async with classifying(settings, runtime.health) as (bus, classify_faces):
        runtime.started()
        await work(bus, classify_faces, settings, runtime.stopping)


@asynccontextmanager
async def classifying(settings: ClassifierSettings, health: Health) -> AsyncIterator[tuple[MessageBus, ClassifyFaces]]:
    """The models, and where their results go."""
    model = FaceClassifier.load(
        settings.weights_dir, settings.device, crops=Crops(settings.crops), threads=settings.threads
    )
    async with (
        MessageBus.connect(settings.nats, "classify") as bus,
        BatchedClassifier.running(model, settings.max_batch_faces, settings.max_batch_delay_ms / 1000) as classifier,
    ):
        health.ready_when("nats", bus.is_ready)
        yield bus, ClassifyFaces(classifier, bus)


async def work(
    bus: MessageBus, classify_faces: ClassifyFaces, settings: ClassifierSettings, stopping: asyncio.Event
) -> None:
    """Classify what waits in the stream FACES."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            await classify_faces(FacesDetected.FromString(delivery.body))

    inbox = await bus.inbox(CLASSIFY)
    await inbox.run(handle, stopping=stopping, batches_in_flight=settings.messages_in_flight)


if __name__ == "__main__":
    run_service("classify", ClassifySettings, serve)
