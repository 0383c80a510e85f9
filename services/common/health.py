"""/livez: the loop turns. /readyz: every dependency answers. /metrics: Prometheus."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from aiohttp import web
from prometheus_client import Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

ReadinessCheck = Callable[[], Awaitable[bool]]
_CHECK_TIMEOUT_S = 2.0
_START_UP = "start-up"

BUILD_INFO = Gauge("facetally_build_info", "Always 1; which version runs", ["version"])
DEPENDENCY_READY = Gauge(
    "facetally_dependency_ready", "Whether it answers now: 1 or 0. Start-up is one of them", ["dependency"]
)


class Health:
    """What the service waits for before it is ready. Not ready until `started` is called."""

    def __init__(self) -> None:
        self._checks: dict[str, ReadinessCheck] = {}
        self._started = False

    def ready_when(self, name: str, check: ReadinessCheck) -> None:
        """Add a dependency: ready only while `check` returns true within two seconds."""
        self._checks[name] = check

    def started(self) -> None:
        """Say that start-up is over: models are loaded, sockets listen."""
        self._started = True

    @property
    def has_started(self) -> bool:
        """Whether start-up is over."""
        return self._started

    async def missing(self) -> list[str]:
        """Names of what does not answer."""
        names = list(self._checks)
        answers = await asyncio.gather(*(self._answers(self._checks[name]) for name in names))
        absent = [name for name, answer in zip(names, answers, strict=True) if not answer]
        return absent if self._started else [_START_UP, *absent]

    async def measure(self) -> None:
        """Say of each dependency, as a metric, whether it answers."""
        missing = await self.missing()
        for name in (_START_UP, *self._checks):
            DEPENDENCY_READY.labels(name).set(name not in missing)

    @staticmethod
    async def _answers(check: ReadinessCheck) -> bool:
        try:
            return await asyncio.wait_for(check(), _CHECK_TIMEOUT_S)
        except TimeoutError:
            return False


@asynccontextmanager
async def serve_health(health: Health, host: str, port: int) -> AsyncIterator[None]:
    """Answer probes and scrapes while the block runs."""

    async def livez(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        missing = await health.missing()
        status = {"status": "not ready", "missing": missing} if missing else {"status": "ready"}
        return web.json_response(status, status=503 if missing else 200)

    async def metrics(_: web.Request) -> web.Response:
        await health.measure()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    BUILD_INFO.labels(version("facetally")).set(1)
    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()
