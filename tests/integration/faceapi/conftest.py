"""A running face API, and something to show it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.faceapi import FaceApiServer, face_api_server
from tests.servers.nats import NatsServer
from tests.servers.s3 import S3Server


@pytest.fixture(scope="module")
def server(
    nats_server: NatsServer, s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaceApiServer]:
    """The real thing: it fetches photos from this machine's loopback too."""
    folder = tmp_path_factory.mktemp("faceapi")
    with face_api_server(nats_server, s3_server, folder, url_allowed_networks=["127.0.0.1/32"]) as running:
        yield running


@pytest.fixture(scope="session")
def photo(demo_photos: Path) -> bytes:
    """Two people who have just paid."""
    return (demo_photos / "photo-01.jpg").read_bytes()
