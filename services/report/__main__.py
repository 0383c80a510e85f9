"""python -m services.report."""

import asyncio

import uvicorn

from services.common.lifecycle import Runtime, run_service
from services.report.adapters.nats_examiner import NatsExaminer
from services.report.adapters.postgres_reader import PostgresReader
from services.report.handler import CheckCamera, ReadTally
from services.report.pages.app import make_app
from services.report.pages.camera_check import CameraCheckPage, CameraSettings
from services.report.settings import ReportSettings

_FINISH_WITHIN_S = 10


async def serve(settings: ReportSettings, runtime: Runtime) -> None:
    """Serve pages until asked to stop."""
    dsn = settings.postgres_dsn.get_secret_value()
    async with PostgresReader.connect(dsn, settings.max_connections) as reader:
        runtime.health.ready_when("postgres", reader.is_ready)
        server = uvicorn.Server(
            uvicorn.Config(
                make_app(ReadTally(reader), _camera_check(settings, reader), settings.allowed_hosts),
                host=settings.http_host,
                port=settings.http_port,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_FINISH_WITHIN_S,
                lifespan="off",
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
            runtime.health.started()
            await serving
            stopper.cancel()


def _camera_check(settings: ReportSettings, reader: PostgresReader) -> CameraCheckPage:
    shown = CameraSettings(
        settings.camera_ftp_host, settings.camera_ftp_port, settings.camera_ftps_port, settings.camera_require_tls
    )
    return CameraCheckPage(CheckCamera(NatsExaminer(settings.nats), reader), shown)


if __name__ == "__main__":
    run_service("report", ReportSettings, serve)
