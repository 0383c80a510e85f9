"""python -m services.faceapi."""

from time import monotonic

from services.common.http_server import serve_http
from services.common.lifecycle import Runtime, run_service
from services.common.messaging import MessageBus
from services.faceapi.adapters.http_protocol import BoundedHttpProtocol
from services.faceapi.adapters.kv_keys import KvApiKeys
from services.faceapi.adapters.nats_models import NatsModels
from services.faceapi.adapters.url_fetcher import UrlFetcher
from services.faceapi.domain.photo import MAX_PHOTO_BYTES
from services.faceapi.handler.admission import Admission
from services.faceapi.handler.ask_faces import AskFaces
from services.faceapi.routes.app import make_app
from services.faceapi.routes.desk import Desk
from services.faceapi.settings import FaceApiSettings

# Connections that may be open at once; most of them are idle.
_MAX_CONNECTIONS = 1000


async def serve(settings: FaceApiSettings, runtime: Runtime) -> None:
    """Answer until asked to stop."""
    async with (
        MessageBus.connect(settings.nats, "faceapi") as bus,
        KvApiKeys.watching(bus) as keys,
        UrlFetcher.running(settings.url_allowed_networks, MAX_PHOTO_BYTES, settings.url_within_s) as fetch,
    ):
        runtime.health.ready_when("nats", bus.is_ready)
        runtime.health.ready_when("keys", keys.is_ready)
        await keys.until_read()  # nobody is told that a good key is a wrong one
        desk = Desk(
            admission=Admission(keys, settings.max_requests, monotonic),
            ask_faces=AskFaces(NatsModels(bus, settings.answer_within_s)),
            fetch=fetch,
        )
        await serve_http(
            make_app(desk, settings.cors_allowed_origins),
            settings.http_host,
            settings.http_port,
            runtime,
            http=BoundedHttpProtocol,
            proxy_headers=False,
            limit_concurrency=_MAX_CONNECTIONS,
        )


if __name__ == "__main__":
    run_service("faceapi", FaceApiSettings, serve)
