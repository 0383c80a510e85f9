"""uvicorn, for the services that answer people and programs."""

import asyncio
from typing import Any, Final

import uvicorn

from services.common.lifecycle import Runtime

_FINISH_WITHIN_S: Final = 10


async def serve_http(app: Any, host: str, port: int, runtime: Runtime, **options: Any) -> None:
    """Answer requests until asked to stop, and finish those that have begun; start-up is over once it listens.

    Args:
        app: the ASGI application.
        host: address to listen on.
        port: to listen on.
        runtime: whether to stop.
        options: more of `uvicorn.Config`.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_FINISH_WITHIN_S,
            lifespan="off",
            **options,
        )
    )

    async def stop() -> None:
        await runtime.stopping.wait()
        server.should_exit = True

    async with asyncio.TaskGroup() as tasks:
        stopper = tasks.create_task(stop())
        serving = tasks.create_task(server._serve())  # noqa: SLF001 - `serve` would take the signals
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.05)
        runtime.started()
        await serving
        stopper.cancel()
