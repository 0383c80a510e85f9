"""Servers that tests may break."""

from collections.abc import Iterator

import pytest

from tests.servers.nats import NatsServer
from tests.servers.running import finish


@pytest.fixture
def clean_streams(clean_streams: NatsServer) -> Iterator[NatsServer]:
    """The nats-server with its streams empty; what a test takes away from it is there again afterwards."""
    yield clean_streams
    finish(clean_streams.provision())
