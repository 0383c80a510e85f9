"""nats-server with the users that standalone gives it, provisioned; alone, at headquarters or in a cell."""

from contextlib import suppress
from pathlib import Path

from nats.js.errors import NotFoundError

from services.common.messaging import MessageBus
from services.common.settings import NatsSettings
from services.common.streams import STREAMS
from services.provision.adapters.nats_streams import NatsStreams
from services.provision.domain.nats_rights import nats_permissions, subjects_to
from services.provision.domain.site import ALONE, Site
from services.provision.handler import provision_streams
from services.standalone.adapters.nats_server import nats_server
from services.standalone.domain import Program
from tests.servers.running import RunningProgram, environment, free_ports

_WAIT_S = 10.0


class NatsServer:
    """A running nats-server.

    Args:
        folder: of its configuration, streams and log.
        site: what it is to others.
        link: in a cell, the port of loopback behind which headquarters listens for cells.
    """

    def __init__(self, folder: Path, site: Site = ALONE, link: int | None = None) -> None:
        self.port, self.monitor_port, self.cells_port = free_ports(3)
        self.site = site
        self.folder = folder
        users = nats_permissions(site)
        user = f"cell-{site.domain}"
        self.program: Program = nats_server(
            folder,
            self.port,
            self.monitor_port,
            {user: password_of(user) for user in users},
            environment(),
            site=site,
            cells_port=self.cells_port if site.cells else None,
            headquarters_url=f"nats://{user}:{password_of(user)}@127.0.0.1:{link}" if link else "",
        )
        self.running = RunningProgram(self.program, folder / "nats.log")

    def settings(self, user: str) -> NatsSettings:
        """Connection of one user."""
        return NatsSettings.model_validate(
            {"url": f"nats://127.0.0.1:{self.port}", "user": user, "password": password_of(user)}
        )

    async def provision(self, site: Site | None = None) -> list[str]:
        """Make streams, consumers and the key-value buckets, of what it is to others by now; what was new."""
        site, told = site or self.site, list[str]()
        inbox = subjects_to(site.domain) if site.headquarters else None
        async with MessageBus.connect(self.settings("admin"), "tests", inbox) as bus:
            headquarters = bus.jetstream_of(site.headquarters) if site.headquarters else None
            streams = NatsStreams(bus.jetstream, site, headquarters=headquarters)
            await provision_streams(site, streams, _WAIT_S, told.append)
        return told

    async def clean(self) -> None:
        """Empty the streams and the key-value buckets, and forget what consumers were given.

        What is gone already stays gone until it is made anew: one cleaning that a slow disk cut short does not spoil
        the tests after it.
        """
        buckets = {**self.site.own_buckets, **self.site.mirrored_buckets}
        async with MessageBus.connect(self.settings("admin"), "tests") as bus:
            for name in (*(stream.name for stream in STREAMS), *(f"KV_{bucket}" for bucket in buckets)):
                with suppress(NotFoundError):
                    await bus.jetstream.delete_stream(name)  # and its consumers with it
        await self.provision()


def password_of(user: str) -> str:
    """What the tests' servers know a user by."""
    return f"password-of-{user}"
