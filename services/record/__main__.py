"""python -m services.record."""

from collections.abc import Sequence

from prometheus_client import Counter

from services.common.inbox import Delivery
from services.common.lifecycle import Runtime, run_service
from services.common.messaging import MessageBus
from services.common.streams import RECORD
from services.record.adapters.postgres_tallies import PostgresTallies
from services.record.domain import Rules
from services.record.handler import RecordResults
from services.record.settings import RecordSettings

PHOTOS = Counter("facetally_record_photos_total", "Photos recorded")
REJECTIONS = Counter("facetally_record_rejections_total", "Refused uploads recorded")
FACES = Counter("facetally_record_faces_total", "Faces recorded, counted or not")
DUPLICATES = Counter("facetally_record_duplicates_total", "Results that had been recorded already")


async def serve(settings: RecordSettings, runtime: Runtime) -> None:
    """Record results until asked to stop."""
    async with (
        MessageBus.connect(settings.nats, "record") as bus,
        PostgresTallies.connect(settings.postgres_dsn.get_secret_value()) as tallies,
    ):
        runtime.health.ready_when("nats", bus.is_ready)
        runtime.health.ready_when("postgres", tallies.is_ready)
        rules = Rules(
            gender_probability=settings.min_gender_probability,
            emotion_probability=settings.min_emotion_probability,
            counted_quality=settings.counted_quality,
            mood_quality=settings.mood_quality,
        )
        record_results = RecordResults(tallies, rules)

        async def handle(deliveries: Sequence[Delivery]) -> None:
            recorded = await record_results([(delivery.subject, delivery.body) for delivery in deliveries])
            PHOTOS.inc(recorded.photos)
            REJECTIONS.inc(recorded.rejections)
            FACES.inc(recorded.faces)
            DUPLICATES.inc(recorded.duplicates)

        inbox = await bus.inbox(RECORD)
        runtime.health.started()
        await inbox.run(handle, stopping=runtime.stopping, batches_in_flight=1, max_batch=settings.max_batch)


if __name__ == "__main__":
    run_service("record", RecordSettings, serve)
