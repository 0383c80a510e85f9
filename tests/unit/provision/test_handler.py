"""What is prepared before what: nobody waits for what he does not need."""

import asyncio
from typing import Any

import pytest

from services.common.errors import TransientError
from services.provision.domain.site import Site
from services.provision.handler import provision


class Servers:
    """A site's servers, which note what is made on them. Headquarters, whose buckets are mirrored, is away."""

    def __init__(self) -> None:
        """Nothing is made yet."""
        self.made: list[str] = []

    async def domain(self) -> str:
        """Its JetStream domain."""
        return "europe"

    async def ensure(self) -> bool:
        """Make the photo bucket."""
        self.made.append("photo bucket")
        return True

    async def ensure_expiry(self, _days: int | None) -> bool:
        """Let photos go."""
        return True

    async def ensure_mirror(self, _name: str, _history: int) -> bool:
        """Ask headquarters."""
        raise TransientError("headquarters does not answer")

    def __getattr__(self, name: str) -> Any:
        """Whatever else is to be made of a stream."""

        async def make(*_what: object) -> bool:
            self.made.append(name)
            return True

        return make


def test_a_cell_has_streams_and_a_photo_bucket_while_headquarters_is_away() -> None:
    servers = Servers()
    run = provision(
        Site("europe", headquarters="hq"), servers, servers, {}, None, {},
        photos_kept_days=None, wait_s=0.0, report=lambda _line: None,
    )  # fmt: skip
    with pytest.raises(TransientError, match="headquarters"):
        asyncio.run(run)
    assert {"photo bucket", "ensure_stream", "ensure_consumer"} <= set(servers.made)
