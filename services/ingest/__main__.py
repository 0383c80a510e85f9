"""python -m services.ingest."""

from datetime import UTC, datetime

from services.common.lifecycle import Runtime, run_service
from services.common.messaging import MessageBus
from services.common.storage import PhotoStorage
from services.ingest.adapters.ftp_server import FtpOptions, FtpServer
from services.ingest.adapters.kv_camera_registry import KvCameraRegistry
from services.ingest.domain import Camera, Outcome
from services.ingest.handler import KeepPhoto
from services.ingest.settings import IngestSettings


async def serve(settings: IngestSettings, runtime: Runtime) -> None:
    """Take uploads until asked to stop."""
    options = FtpOptions(
        host=settings.ftp_host,
        port=settings.ftp_port,
        passive_ports=range(settings.passive_port_first, settings.passive_port_last + 1),
        masquerade_address=settings.masquerade_address,
        certificate=settings.tls_certificate,
        require_tls=settings.require_tls,
        max_upload_bytes=settings.max_photo_bytes,
        max_uploads=settings.max_uploads,
        max_connections=settings.max_connections,
    )
    async with (
        MessageBus.connect(settings.nats, "ingest") as bus,
        PhotoStorage.connect(settings.s3) as storage,
        KvCameraRegistry.watching(bus) as registry,
    ):
        keep_photo = KeepPhoto(storage, bus, lambda: datetime.now(UTC), max_pixels=settings.max_photo_pixels)

        async def keep(camera: Camera, content: bytearray, too_large: bool) -> Outcome:
            return await keep_photo(camera, content, too_large=too_large)

        async with FtpServer.running(options, registry.find, keep):
            runtime.health.ready_when("nats", bus.is_ready)
            runtime.health.ready_when("s3", storage.is_ready)
            runtime.health.ready_when("cameras", registry.is_ready)
            runtime.health.started()
            await runtime.stopping.wait()


if __name__ == "__main__":
    run_service("ingest", IngestSettings, serve)
