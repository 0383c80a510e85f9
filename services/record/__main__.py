"""python -m services.record."""

import asyncio
from collections import Counter as Count
from collections.abc import Sequence
from datetime import UTC, datetime

from prometheus_client import Counter, Gauge, Histogram

from services.common.inbox import Delivery
from services.common.lifecycle import Runtime, run_service
from services.common.messaging import MessageBus
from services.common.streams import RECORD, RECORD_SHADOW
from services.record.adapters.postgres_rollups import PostgresRollups
from services.record.adapters.postgres_shadows import PostgresShadows
from services.record.adapters.postgres_tallies import PostgresTallies
from services.record.domain.camera_health import CameraHealth, State, Trouble
from services.record.domain.results import Rules
from services.record.domain.retention import Kept
from services.record.handler.add_up import AddUp, Watch
from services.record.handler.record_results import RecordResults
from services.record.handler.record_shadows import RecordShadows
from services.record.settings import RecordSettings

PHOTOS = Counter("facetally_record_photos_total", "Photos recorded")
REJECTIONS = Counter("facetally_record_rejections_total", "Refused uploads recorded")
FACES = Counter("facetally_record_faces_total", "Faces recorded, counted or not")
SHADOW_FACES = Counter(
    "facetally_record_shadow_faces_total", "Faces of which it was recorded what a release in shadow says"
)
DUPLICATES = Counter("facetally_record_duplicates_total", "Results that had been recorded already")
TOO_OLD = Counter("facetally_record_too_old_total", "Results from before the time that is kept, not recorded")
TALLIED_SECONDS = Histogram(
    "facetally_record_tallied_seconds",
    "Time from a photo's arrival to the commit of its row, of photos that are new",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
ROLLUP_SECONDS = Histogram(
    "facetally_record_rollup_seconds",
    "Time of one round of adding up",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
STALE_HOURS = Gauge("facetally_record_stale_hours", "Hours of shops that are not added up yet")
ROLLUP_FAILURES = Counter("facetally_record_rollup_failures_total", "Steps of adding up that failed")
CAMERAS = Gauge("facetally_record_cameras", "Cameras, by how they are", ["state"])
CAMERAS_IN_TROUBLE = Gauge("facetally_record_cameras_in_trouble", "Cameras, by the gravest thing wrong", ["trouble"])
# Nobody waits for it.
_SHADOW_PACE_S = 1.0


async def serve(settings: RecordSettings, runtime: Runtime) -> None:
    """Record results, and add them up, until asked to stop."""
    dsn = settings.postgres_dsn.get_secret_value()
    async with (
        MessageBus.connect(settings.nats, "record") as bus,
        PostgresTallies.connect(dsn) as tallies,
        PostgresRollups.connect(dsn) as rollups,
        PostgresShadows.connect(dsn) as shadows,
    ):
        runtime.health.ready_when("nats", bus.is_ready)
        runtime.health.ready_when("postgres", tallies.is_ready)
        rules = Rules(
            gender_probability=settings.min_gender_probability,
            emotion_probability=settings.min_emotion_probability,
            counted_quality=settings.counted_quality,
            mood_quality=settings.mood_quality,
        )
        kept = Kept(
            settings.results_kept_days,
            settings.camera_hours_kept_days,
            settings.tallies_kept_days,
            settings.shadows_kept_days,
            settings.photos_kept_days or None,
        )
        record_results = RecordResults(tallies, rules, lambda: kept.oldest(_now()))
        watch = Watch(ROLLUP_SECONDS.observe, STALE_HOURS.set, ROLLUP_FAILURES.inc, _count_cameras)
        add_up = AddUp(rollups, kept, _now, watch)

        async def handle(deliveries: Sequence[Delivery]) -> None:
            recorded = await record_results([(delivery.subject, delivery.body) for delivery in deliveries])
            PHOTOS.inc(recorded.photos)
            REJECTIONS.inc(recorded.rejections)
            FACES.inc(recorded.faces)
            DUPLICATES.inc(recorded.duplicates)
            TOO_OLD.inc(recorded.too_old)
            now = _now()
            for received_at in recorded.received_at:
                # The clocks of two machines: a photo may seem to have been recorded before it came.
                TALLIED_SECONDS.observe(max(0.0, (now - received_at).total_seconds()))

        record_shadows = RecordShadows(shadows)

        async def handle_shadows(deliveries: Sequence[Delivery]) -> None:
            SHADOW_FACES.inc(await record_shadows([delivery.body for delivery in deliveries]))

        inbox = await bus.inbox(RECORD)
        shadow_inbox = await bus.inbox(RECORD_SHADOW)
        runtime.started()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(add_up.run(runtime.stopping, settings.rollup_pause_s))
            tasks.create_task(
                inbox.run(
                    handle,
                    stopping=runtime.stopping,
                    batches_in_flight=1,
                    max_batch=settings.max_batch,
                    pace_s=settings.batch_pause_s,
                )
            )
            tasks.create_task(
                shadow_inbox.run(
                    handle_shadows,
                    stopping=runtime.stopping,
                    batches_in_flight=1,
                    max_batch=settings.max_batch,
                    pace_s=_SHADOW_PACE_S,
                )
            )


def _count_cameras(verdicts: Sequence[CameraHealth]) -> None:
    states = Count(verdict.state for verdict in verdicts)
    troubles = Count(verdict.trouble for verdict in verdicts)
    for state in State:
        CAMERAS.labels(state).set(states[state])
    for trouble in set(Trouble) - {Trouble.NONE}:
        CAMERAS_IN_TROUBLE.labels(trouble).set(troubles[trouble])


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    run_service("record", RecordSettings, serve)
