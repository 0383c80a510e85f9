"""Headquarters and two cells, as their nats-servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.provision.adapters import nats_config
from tests.servers.cells import LinkedServers, linked_servers


@pytest.fixture
async def linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LinkedServers]:
    """They are linked; a line that is silent is noticed after three seconds."""
    monkeypatch.setattr(nats_config, "_PING_EVERY_S", 1)
    async with linked_servers(tmp_path, "europe", "asia") as servers:
        yield servers
