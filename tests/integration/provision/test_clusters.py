"""A cell and headquarters of three servers each, as on Kubernetes: every stream has three copies."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from services.common.messaging import MessageBus
from services.common.settings import NatsSettings
from services.common.streams import KEY_VALUE_BUCKETS, MIRRORED_BUCKETS, SHOPS_BUCKET, STREAMS
from services.provision.adapters.nats_streams import NatsStreams
from services.provision.domain.nats_rights import subjects_to
from services.provision.domain.site import Site
from services.provision.handler import provision_streams
from tests.servers.cells import (
    AFTER_ABSENCE_S,
    HEADQUARTERS,
    Bucket,
    bus,
    classify,
    ids,
    known,
    post,
    until_linked,
    until_recorded,
)
from tests.servers.nats import NatsServer
from tests.servers.running import free_ports

pytestmark = pytest.mark.timeout(180)
SERVERS = 3


class NatsCluster(NatsServer):
    """A server of a cluster of three; clients connect to whichever answers."""

    def __init__(self, folder: Path, site: Site, link: int | None, ports: Sequence[int], number: int) -> None:
        super().__init__(folder, site, link)
        self.all: list[NatsCluster] = []
        config = folder / "nats.conf"
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports)
        text = config.read_text().replace(f'server_name: "{site.domain}"', f'server_name: "{site.domain}-{number}"')
        # As the domain: a cluster is not linked with one of its own name.
        text += f'cluster {{ name: {site.domain}, listen: "127.0.0.1:{ports[number]}", routes: [{routes}] }}\n'
        config.write_text(text)

    def settings(self, user: str) -> NatsSettings:
        """Connection of one user, to whichever server answers."""
        urls = ",".join(f"nats://127.0.0.1:{server.port}" for server in self.all)
        return super().settings(user).model_copy(update={"url": urls})

    async def provision(self, site: Site | None = None) -> list[str]:
        """With three copies."""
        site, told = site or self.site, list[str]()
        inbox = subjects_to(site.domain) if site.headquarters else None
        async with MessageBus.connect(self.settings("admin"), "tests", inbox) as connected:
            headquarters = connected.jetstream_of(site.headquarters) if site.headquarters else None
            streams = NatsStreams(connected.jetstream, site, SERVERS, headquarters)
            await provision_streams(site, streams, 30, told.append)
        return told


@asynccontextmanager
async def cluster(folder: Path, site: Site, link: int | None = None) -> AsyncIterator[list[NatsCluster]]:
    ports = free_ports(SERVERS)
    servers = [NatsCluster(folder / f"{number}", site, link, ports, number) for number in range(SERVERS)]
    async with AsyncExitStack() as stack:
        for server in servers:
            server.all = servers
            server.running.spawn()
            stack.callback(server.running.kill)
        for server in servers:
            await server.running.until_ready()
        yield servers


async def replicas(server: NatsServer) -> dict[str, int]:
    """How many copies there are of each stream."""
    async with bus(server) as admin:
        return {str(one.config.name): one.config.num_replicas or 1 for one in await admin.jetstream.streams_info()}


async def leader(server: NatsCluster, stream: str) -> NatsCluster:
    async with bus(server) as admin:
        cluster = (await admin.jetstream.stream_info(stream)).cluster
    assert cluster is not None
    (found,) = [one for number, one in enumerate(server.all) if cluster.leader == f"{one.site.domain}-{number}"]
    return found


async def test_copies_are_kept_and_a_server_that_dies_costs_nothing(tmp_path: Path) -> None:
    hq_site = Site(HEADQUARTERS, cells=("europe",))
    async with (
        cluster(tmp_path / "hq", hq_site) as hq,
        cluster(tmp_path / "europe", Site("europe", headquarters=HEADQUARTERS), hq[0].cells_port) as cell,
    ):
        await until_linked(hq[0], SERVERS)
        await hq[0].provision(Site(HEADQUARTERS))
        await cell[0].provision()
        await hq[0].provision()
        names = {stream.name for stream in STREAMS}
        assert await replicas(hq[0]) == dict.fromkeys(names | {f"KV_{name}" for name in KEY_VALUE_BUCKETS}, SERVERS)
        mirrors = {f"KV_{name}" for name in MIRRORED_BUCKETS}
        assert await replicas(cell[0]) == dict.fromkeys(names | mirrors, SERVERS)
        assert await hq[0].provision() == []
        await post(hq[0], "one")
        async with Bucket(cell[0], "ingest", SHOPS_BUCKET).following() as there:
            await there.until(known("one"))
        await classify(cell[0], "europe", range(5))
        await until_recorded(hq[0], ids("europe", range(5)), AFTER_ABSENCE_S)
        leading = await leader(hq[0], "RESULTS")
        (await leader(cell[0], "RESULTS")).running.kill()
        (hq[1] if leading is hq[0] else leading).running.kill()  # cells come to the first
        await classify(cell[0], "europe", range(5, 10))
        await until_recorded(hq[0], ids("europe", range(10)), 2 * AFTER_ABSENCE_S)
