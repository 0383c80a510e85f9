"""python -m services.ingest."""

import asyncio
from datetime import UTC, datetime

from services.common.errors import TransientError
from services.common.glibc_heap import keep_freed_memory
from services.common.lifecycle import Runtime, run_service
from services.common.logging import get_logger
from services.common.messaging import MessageBus
from services.common.storage import PhotoStorage
from services.ingest.adapters.bundles import take_bundles
from services.ingest.adapters.ftp_server import FtpOptions, FtpServer
from services.ingest.adapters.kv_login_registry import KvLoginRegistry
from services.ingest.adapters.stream_held_photos import StreamHeldPhotos
from services.ingest.handler import KeepPhoto
from services.ingest.settings import IngestSettings

_log = get_logger(__name__)
_LOOK_FOR_OVERDUE_S = 15.0


def ftp_options(settings: IngestSettings) -> FtpOptions:
    """What the FTP server needs of the settings."""
    return FtpOptions(
        host=settings.ftp_host,
        port=settings.ftp_port,
        implicit_port=settings.ftps_port,
        passive_ports=range(settings.passive_port_first, settings.passive_port_last + 1),
        masquerade_address=settings.masquerade_address,
        active_mode=settings.active_mode,
        certificate=settings.tls_certificate,
        require_tls=settings.require_tls,
        max_upload_bytes=settings.max_photo_bytes,
        upload_memory_bytes=settings.upload_memory_bytes,
        max_uploads=settings.max_uploads,
        max_uploads_per_login=settings.max_uploads_per_login,
        min_upload_bytes_per_s=settings.min_upload_bytes_per_s,
        max_connections=settings.max_connections,
        max_connections_per_address=settings.max_connections_per_address,
        max_connections_per_login=settings.max_connections_per_login,
        idle_timeout_s=settings.idle_timeout_s,
        login_timeout_s=settings.login_timeout_s,
    )


async def _announce_overdue(keep_photo: KeepPhoto) -> None:
    """Now and then announce the photos that were never renamed."""
    while True:
        await asyncio.sleep(_LOOK_FOR_OVERDUE_S)
        try:
            announced = await keep_photo.announce_overdue()
        except TransientError as error:
            _log.warning("overdue_photos_not_announced", error=str(error))
        else:
            if announced:
                _log.info("overdue_photos_announced", photos=announced)


async def serve(settings: IngestSettings, runtime: Runtime) -> None:
    """Take uploads until asked to stop."""
    keep_freed_memory()
    async with (
        MessageBus.connect(settings.nats, "ingest") as bus,
        PhotoStorage.connect(settings.s3) as storage,
        KvLoginRegistry.watching(bus) as registry,
    ):
        keep_photo = KeepPhoto(
            storage, bus, StreamHeldPhotos(bus), lambda: datetime.now(UTC), max_pixels=settings.max_photo_pixels
        )
        await registry.until_read()  # before that every camera would be told that its password is wrong
        async with FtpServer.running(ftp_options(settings), registry.find, keep_photo):
            beside = [asyncio.create_task(_announce_overdue(keep_photo))]
            if settings.bundles:
                beside.append(asyncio.create_task(take_bundles()))
            runtime.health.ready_when("nats", bus.is_ready)
            runtime.health.ready_when("s3", storage.is_ready)
            runtime.health.ready_when("cameras", registry.is_ready)
            runtime.started()
            await runtime.stopping.wait()
            for task in beside:
                task.cancel()


if __name__ == "__main__":
    run_service("ingest", IngestSettings, serve)
