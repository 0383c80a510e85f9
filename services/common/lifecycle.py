"""One way to run every service: logs, probes, signals, and an end that finishes what is in flight."""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import uvloop
from pydantic import ValidationError

from services.common.health import Health, serve_health
from services.common.logging import configure_logging, get_logger
from services.common.settings import ServiceSettings

_log = get_logger(__name__)
_CANCEL_AGAIN_S = 0.5
S = TypeVar("S", bound=ServiceSettings)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a running service is given: whether to stop, and where to say that it is ready."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)

    def started(self) -> None:
        """Say that start-up is over."""
        settle()
        self.health.started()


def settle() -> None:
    """Take what has been loaded out of garbage collection.

    Looking through it holds up whatever happens at that moment, by 80 ms in the report service.
    """
    gc.collect()
    gc.freeze()


def run_service(name: str, settings_class: Callable[[], S], serve: Callable[[S, Runtime], Awaitable[None]]) -> None:
    """Read the settings, then run `serve` until it returns, or SIGTERM or SIGINT ask it to stop.

    `serve` must return soon after `runtime.stopping` is set, having finished what it had begun.
    """
    try:
        settings = settings_class()
    except ValidationError as error:
        sys.exit(explain_settings(name, error))
    configure_logging(name, settings.log_format, settings.log_level)
    uvloop.run(_run(name, settings, serve))


async def _run(name: str, settings: S, serve: Callable[[S, Runtime], Awaitable[None]]) -> None:
    runtime = Runtime()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runtime.stopping.set)
    async with serve_health(runtime.health, settings.health_host, settings.health_port):
        _log.info("service_starting", health_port=settings.health_port)
        await _until_stopped(asyncio.ensure_future(serve(settings, runtime)), runtime)
        _log.info("service_stopped")


async def _until_stopped(serving: asyncio.Future[Any], runtime: Runtime) -> None:
    """Wait for the service's own end. One that is asked to stop while it starts has nothing to finish."""
    stopping: asyncio.Future[Any] = asyncio.ensure_future(runtime.stopping.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    while not serving.done() and not runtime.health.has_started:
        # Again and again: Python 3.11's wait_for loses a cancellation that meets a failure (CPython issue 86296).
        serving.cancel()
        await asyncio.wait({serving}, timeout=_CANCEL_AGAIN_S)
    stopping.cancel()
    if not serving.cancelled():
        await serving


def explain_settings(name: str, error: ValidationError) -> str:
    """The settings that are missing or wrong, by the names that a person types."""
    lines = [f"{name}: the settings are not complete (docs/settings.md lists them all):"]
    for detail in error.errors(include_input=False, include_url=False):
        variable = f"FACETALLY_{name.upper()}_" + "__".join(str(part).upper() for part in detail["loc"])
        lines.append(f"  {variable}: {detail['msg']}")
    return "\n".join(lines)
