"""The face API as it is: detect and classify as one process, faceapi as another, over real NATS."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from services.faceapi.adapters.kv_key_store import KvKeyStore
from services.faceapi.domain.keys import ApiKey, digest
from services.standalone.adapters.probes import answers_http
from services.standalone.domain import Program, service_environment
from tests.servers.nats import NatsServer
from tests.servers.running import RunningProgram, environment, finish, free_ports, running
from tests.servers.s3 import S3Server
from tests.servers.services import connection, service

_KNOWN_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class FaceApiServer:
    """A running face API.

    Args:
        url: where it is.
        nats: what it asks through.
        key: a key with much room.
        faceapi: its process.
        faces: the process that looks and estimates.
    """

    url: str
    nats: NatsServer
    faceapi: RunningProgram
    faces: RunningProgram | None
    key: str = field(repr=False)

    def http(self, **headers: str) -> httpx.Client:
        """A client that sends the key."""
        headers = {"Ocp-Apim-Subscription-Key": self.key} | headers
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def make_key(self, name: str, rate: float = 1000.0, burst: int = 1000, min_face_px: int = 100) -> str:
        """Another key, once it is let in."""
        key = finish(_make_key(self.nats, name, rate, burst, min_face_px))
        deadline = time.monotonic() + _KNOWN_WITHIN_S
        with httpx.Client(base_url=self.url, headers={"Ocp-Apim-Subscription-Key": key}) as http:
            # What is asked makes no sense, and costs the key nothing.
            while http.post("/face/v1.0/detect?detectionModel=none").status_code == 401:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        return key


async def _make_key(nats: NatsServer, name: str, rate: float, burst: int, min_face_px: int) -> str:
    key = secrets.token_urlsafe(32)
    async with KvKeyStore.connect(nats.settings("keys")) as store:
        await store.add(ApiKey(name, digest(key), rate, burst, min_face_px, datetime.now(UTC)))
    return key


def faces_program(nats: NatsServer, s3: S3Server) -> Program:
    """The process that does what detect and classify do."""
    (port,) = free_ports(1)
    detect = {"nats": connection(nats.settings("detect")), "s3": connection(s3.settings("detect")), "health_port": port}
    detect["urgent_threads"] = 2
    classify = {"nats": connection(nats.settings("classify"))}
    alone = service("faces", {})
    return Program(
        alone.name,
        alone.command,
        answers_http(f"http://127.0.0.1:{port}/readyz"),
        environment() | service_environment("detect", detect) | service_environment("classify", classify),
    )


@contextmanager
def face_api_server(
    nats: NatsServer, s3: S3Server | None, log_folder: Path, **values: object
) -> Iterator[FaceApiServer]:
    """The face API for as long as the block runs.

    Args:
        nats: provisioned.
        s3: what detect needs to be ready; None: there is neither detect nor classify.
        log_folder: where logs go.
        values: more settings of faceapi.
    """
    (port,) = free_ports(1)
    settings = {"nats": connection(nats.settings("faceapi")), "http_port": port, **values}
    settings = {name: json.dumps(value) if isinstance(value, list) else value for name, value in settings.items()}
    key = finish(_make_key(nats, f"test-{port}", 1000.0, 1000, 100))
    with ExitStack() as stack:
        faces = stack.enter_context(running(faces_program(nats, s3), log_folder)) if s3 else None
        faceapi = stack.enter_context(running(service("faceapi", settings), log_folder))
        yield FaceApiServer(f"http://127.0.0.1:{port}", nats, faceapi, faces, key)
