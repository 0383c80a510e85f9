"""All that doctor looks at, put together. Each check has a connection of its own: what hangs holds up nothing else."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from services.common.streams import (
    CELL_CONSUMERS,
    CONSUMERS,
    DEAD_STREAM,
    RESULTS,
    SHOPS_BUCKET,
    STREAMS,
    Consumer,
    Stream,
)
from services.operate.adapters.ftps_certificate import certificate_validity
from services.operate.adapters.local_files import disk, migrations, weights
from services.operate.adapters.nats_desk import NatsDesk
from services.operate.adapters.postgres_facts import PostgresFacts
from services.operate.adapters.readiness_page import read_readiness
from services.operate.adapters.s3_bucket import look_at_bucket
from services.operate.domain.findings import Finding, State
from services.operate.domain.streams import (
    consumer_finding,
    dead_letters_finding,
    link_finding,
    shops_finding,
    stream_finding,
)
from services.operate.domain.surroundings import (
    certificate_finding,
    clock_finding,
    disk_finding,
    schema_finding,
    service_finding,
    weights_finding,
)
from services.operate.handler.diagnose import Check
from services.operate.settings import OperateSettings

MIGRATIONS = Path(__file__).parents[1] / "record" / "migrations"


def consumers_here(settings: OperateSettings) -> tuple[Consumer, ...]:
    """Consumers that there are: in a cell nobody records."""
    return CELL_CONSUMERS if settings.cell else CONSUMERS


def checks(settings: OperateSettings) -> list[Check]:
    """Everything that these settings say how to look at."""
    looks = Looks(settings)
    dsn = settings.postgres_dsn
    all_checks = [
        Check(
            "NATS",
            looks.nats,
            (
                *(Check(f"stream {stream.name}", partial(looks.stream, stream)) for stream in STREAMS),
                *(
                    Check(f"consumer {consumer.name}", partial(looks.consumer, consumer))
                    for consumer in consumers_here(settings)
                ),
                Check(f"bucket {SHOPS_BUCKET}", looks.shops),
                Check("links", looks.links),
                Check("dead letters", looks.dead_letters),
            ),
        ),
        Check("photo store", looks.photo_store),
        *([_postgres(PostgresFacts(dsn.get_secret_value()))] if dsn else []),
        *(
            Check(f"service {name}", partial(looks.service, name, url))
            for name, url in sorted(settings.health_urls.items())
        ),
    ]
    if settings.ftps_address:
        all_checks.append(Check("FTPS certificate", partial(looks.certificate, settings.ftps_address)))
    if settings.state_dir:
        all_checks.append(Check("disk", partial(looks.disk, settings.state_dir)))
    return [*all_checks, Check("weights", looks.weights)]


def _postgres(facts: PostgresFacts) -> Check:
    """Postgres, and what can only be looked at when it answers."""

    async def answers() -> Sequence[Finding]:
        await facts.clock()
        return [Finding("Postgres", State.OK, f"It answers at {facts.address}.")]

    async def schema() -> Sequence[Finding]:
        """Beside the migrations that come with the code."""
        known, applied = migrations(MIGRATIONS), await facts.migrations()
        return [schema_finding(known, applied)]

    async def clocks() -> Sequence[Finding]:
        """Postgres's beside ours."""
        ahead, took = await facts.clock()
        return [clock_finding(ahead.total_seconds(), took.total_seconds())]

    return Check("Postgres", answers, (Check("schema", schema), Check("clocks", clocks)))


class Looks:
    """How to look at each thing."""

    def __init__(self, settings: OperateSettings) -> None:
        self._settings = settings

    async def nats(self) -> Sequence[Finding]:
        """Whether NATS answers, and knows us."""
        async with NatsDesk.connect(self._settings.nats):
            return [Finding("NATS", State.OK, f"It answers at {self._settings.nats.url}.")]

    async def stream(self, stream: Stream) -> Sequence[Finding]:
        """One stream."""
        async with NatsDesk.connect(self._settings.nats) as desk:
            return [stream_finding(stream, await desk.stream(stream.name))]

    async def consumer(self, consumer: Consumer) -> Sequence[Finding]:
        """One consumer."""
        async with NatsDesk.connect(self._settings.nats) as desk:
            return [consumer_finding(consumer, await desk.consumer(consumer.stream, consumer.name))]

    async def shops(self) -> Sequence[Finding]:
        """The key-value bucket of shops."""
        async with NatsDesk.connect(self._settings.nats) as desk:
            return [shops_finding(await desk.stream(f"KV_{SHOPS_BUCKET}"))]

    async def links(self) -> Sequence[Finding]:
        """How cells and headquarters hear of each other; nothing where there is only one."""
        async with NatsDesk.connect(self._settings.nats) as desk:
            facts = [await desk.stream(name) for name in (RESULTS.name, f"KV_{SHOPS_BUCKET}")]
            return [link_finding(link) for one in facts if one for link in one.links]

    async def dead_letters(self) -> Sequence[Finding]:
        """Dead letters that wait; nothing where their stream is not there, which is said of the stream."""
        async with NatsDesk.connect(self._settings.nats) as desk:
            facts = await desk.stream(DEAD_STREAM)
            return [dead_letters_finding(facts, datetime.now(UTC))] if facts else []

    async def photo_store(self) -> Sequence[Finding]:
        """The photo store and its bucket."""
        s3 = self._settings.s3
        await look_at_bucket(s3)
        return [Finding("photo store", State.OK, f"It answers at {s3.url}, and has the bucket {s3.bucket}.")]

    @staticmethod
    async def service(name: str, url: str) -> Sequence[Finding]:
        """One service's /readyz."""
        return [service_finding(name, *await read_readiness(name, url))]

    @staticmethod
    async def certificate(address: str) -> Sequence[Finding]:
        """The certificate that cameras are shown."""
        return [certificate_finding(*await certificate_validity(address), datetime.now(UTC))]

    @staticmethod
    async def disk(folder: Path) -> Sequence[Finding]:
        """Room on the state folder's disk."""
        return [disk_finding(str(folder), *await asyncio.to_thread(disk, folder))]

    async def weights(self) -> Sequence[Finding]:
        """The weights beside their cards."""
        return [weights_finding(*await asyncio.to_thread(weights, self._settings.weights_dir))]
