"""python -m services.classify."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from facetally.v1.face_pb2 import FacesDetected
from prometheus_client import Counter

from models.predict.classifier import FaceClassifier
from models.predict.landmarker import FaceLandmarker
from models.preprocess import Crops
from services.classify.adapters.face_classifier import BatchedClassifier
from services.classify.domain import question_of
from services.classify.handler import ClassifyFaces, EstimateFaces
from services.classify.settings import ClassifierSettings, ClassifySettings
from services.common.errors import BadInputError
from services.common.health import Health
from services.common.inbox import Delivery
from services.common.lifecycle import Runtime, run_service
from services.common.messaging import MessageBus
from services.common.streams import CLASSIFY, ESTIMATE_SUBJECT

QUESTIONS = Counter(
    "facetally_classify_questions_total", "Questions about faces, by outcome: answered, bad_question", ["outcome"]
)
# Each may hold 6 MB of chips.
_QUESTIONS_AT_ONCE = 32


async def serve(settings: ClassifySettings, runtime: Runtime) -> None:
    """Classify until asked to stop."""
    async with classifying(settings, runtime.health) as (bus, classify_faces):
        runtime.started()
        await work(bus, classify_faces, settings, runtime.stopping)


@asynccontextmanager
async def classifying(settings: ClassifierSettings, health: Health) -> AsyncIterator[tuple[MessageBus, ClassifyFaces]]:
    """The models, and where their results go; who asks is answered while the block runs."""
    model = FaceClassifier.load(
        settings.weights_dir, settings.device, crops=Crops(settings.crops), threads=settings.threads
    )
    landmarker = FaceLandmarker.load(settings.weights_dir, settings.device, threads=settings.threads)
    batches = settings.max_batch_faces, settings.max_batch_delay_ms / 1000
    async with (
        MessageBus.connect(settings.nats, "classify") as bus,
        BatchedClassifier.running(model, landmarker, *batches) as classifier,
        bus.answering("estimate", ESTIMATE_SUBJECT, _answer(EstimateFaces(classifier)), at_once=_QUESTIONS_AT_ONCE),
    ):
        health.ready_when("nats", bus.is_ready)
        yield bus, ClassifyFaces(classifier, bus)


def _answer(estimate_faces: EstimateFaces) -> Callable[[bytes], Awaitable[bytes]]:
    async def answer(body: bytes) -> bytes:
        try:
            estimated = await estimate_faces(question_of(body))
        except BadInputError as error:
            QUESTIONS.labels(error.reason).inc()
            raise
        QUESTIONS.labels("answered").inc()
        return estimated.SerializeToString()

    return answer


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
