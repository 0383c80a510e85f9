"""nats-server with the users that standalone gives it, provisioned."""

from pathlib import Path

from services.common.messaging import MessageBus
from services.common.settings import NatsSettings
from services.common.streams import CONSUMERS, KEY_VALUE_BUCKETS, STREAMS
from services.provision.adapters.nats_streams import NatsStreams
from services.provision.domain import nats_permissions
from services.standalone.adapters.nats_server import nats_server
from services.standalone.domain import Program
from tests.servers.running import RunningProgram, environment, free_ports


class NatsServer:
    """A running nats-server."""

    def __init__(self, folder: Path) -> None:
        self.port, monitor_port = free_ports(2)
        passwords = {user: f"password-of-{user}" for user in nats_permissions()}
        self.program: Program = nats_server(folder, self.port, monitor_port, passwords, environment())
        self.running = RunningProgram(self.program, folder / "nats.log")

    def settings(self, user: str) -> NatsSettings:
        """Connection of one user."""
        return NatsSettings.model_validate(
            {"url": f"nats://127.0.0.1:{self.port}", "user": user, "password": f"password-of-{user}"}
        )

    async def provision(self) -> None:
        """Make streams, consumers and the key-value buckets."""
        async with MessageBus.connect(self.settings("admin"), "tests") as bus:
            streams = NatsStreams(bus.jetstream)
            for stream in STREAMS:
                await streams.ensure_stream(stream)
            for consumer in CONSUMERS:
                await streams.ensure_consumer(consumer)
            for bucket, history in KEY_VALUE_BUCKETS.items():
                await streams.ensure_bucket(bucket, history)

    async def clean(self) -> None:
        """Empty the streams and the key-value buckets, and forget what consumers were given."""
        async with MessageBus.connect(self.settings("admin"), "tests") as bus:
            for consumer in CONSUMERS:
                await bus.jetstream.delete_consumer(consumer.stream, consumer.name)
            for name in (*(stream.name for stream in STREAMS), *(f"KV_{bucket}" for bucket in KEY_VALUE_BUCKETS)):
                await bus.jetstream.delete_stream(name)
        await self.provision()
