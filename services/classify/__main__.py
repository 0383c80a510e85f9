"""python -m services.classify."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any

from facetally.v1.face_pb2 import FacesDetected
from prometheus_client import Counter

from models.predict.classifier import FaceClassifier
from models.predict.landmarker import FaceLandmarker
from models.preprocess import Crops
from services.classify.adapters.face_classifier import BatchedClassifier
from services.classify.adapters.kv_choice import watching
from services.classify.adapters.release_cache import ReleaseCache
from services.classify.adapters.released_models import ReleasedModels
from services.classify.domain import question_of
from services.classify.handler import AS_CHOSEN, ClassifyFaces, EstimateFaces, EstimateInShadow, FollowChoice
from services.classify.settings import ClassifierSettings, ClassifySettings, RolloutSettings
from services.common.errors import BadInputError
from services.common.health import Health
from services.common.inbox import Delivery
from services.common.lifecycle import Runtime, run_service
from services.common.messaging import MessageBus
from services.common.model_choice import Role, public_keys_of
from services.common.release_store import ReleaseStore
from services.common.streams import CLASSIFY, ESTIMATE_SUBJECT

QUESTIONS = Counter(
    "facetally_classify_questions_total", "Questions about faces, by outcome: answered, bad_question", ["outcome"]
)
# Each may hold 6 MB of chips.
_QUESTIONS_AT_ONCE = 32
# How long the first photo waits for the models that were promoted, where they cannot be had.
_FIRST_MODELS_WITHIN_S = 20.0


async def serve(settings: ClassifySettings, runtime: Runtime) -> None:
    """Classify until asked to stop."""
    async with classifying(settings, runtime.health) as (bus, classify_faces):
        runtime.started()
        await work(bus, classify_faces, settings, runtime.stopping)


@asynccontextmanager
async def classifying(settings: ClassifierSettings, health: Health) -> AsyncIterator[tuple[MessageBus, ClassifyFaces]]:
    """The models, and where their results go; who asks is answered while the block runs."""
    load = partial(
        FaceClassifier.load,
        settings.weights_dir,
        settings.device,
        crops=Crops(settings.crops),
        threads=settings.threads,
    )
    landmarker = FaceLandmarker.load(settings.weights_dir, settings.device, threads=settings.threads)
    batches = settings.max_batch_faces, settings.max_batch_delay_ms / 1000
    async with (
        MessageBus.connect(settings.nats, "classify") as bus,
        BatchedClassifier.running(load(), landmarker, *batches) as classifier,
        AsyncExitStack() as stack,
    ):
        AS_CHOSEN.labels(Role.IN_SERVICE).set(1)  # where nobody chooses, too
        shadow = EstimateInShadow(classifier, bus)
        if settings.rollout is not None:
            await stack.enter_async_context(_beside(shadow.run()))
            await stack.enter_async_context(_following(settings, settings.rollout, bus, classifier, load))
        answer = _answer(EstimateFaces(classifier))
        await stack.enter_async_context(bus.answering("estimate", ESTIMATE_SUBJECT, answer, at_once=_QUESTIONS_AT_ONCE))
        health.ready_when("nats", bus.is_ready)
        yield bus, ClassifyFaces(classifier, bus, shadow)


@asynccontextmanager
async def _following(
    settings: ClassifierSettings,
    rollout: RolloutSettings,
    bus: MessageBus,
    classifier: BatchedClassifier,
    built_in: Callable[[], FaceClassifier],
) -> AsyncIterator[None]:
    """Follow what is chosen; what was promoted before is in service when the block begins, if it can be."""
    cache = ReleaseCache(ReleaseStore(rollout), rollout.cache_dir)
    models = ReleasedModels(cache, built_in, settings.device, Crops(settings.crops), settings.threads)
    trusted = public_keys_of(rollout.trusted_keys)
    follow = FollowChoice(models, trusted, classifier, rollout.try_again_s)
    async with _beside(follow.run()), watching(bus, follow.choose):
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_MODELS_WITHIN_S):
                await follow.until_settled()
        yield


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Work beside the block, until it ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


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
