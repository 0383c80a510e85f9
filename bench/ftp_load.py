"""Cameras that upload as fast as they are answered, each upload in a connection of its own."""

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from loadtest.ftp_session import believing_context
from tests.servers.ftp_client import FtpClient


@dataclass(frozen=True, slots=True)
class FtpTarget:
    """A server, and who logs in."""

    port: int
    login: str
    secret: str
    folder: str = ""


async def upload_all(target: FtpTarget, photos: Iterator[tuple[str, bytes]], clients: int, *, tls: bool) -> None:
    """Upload photos, `clients` at a time, each with a new control and a new data connection.

    Raises:
        RefusedError: with what the server said.
    """
    context = believing_context() if tls else None

    async def client() -> None:
        for name, photo in photos:
            await upload_one(target, name, photo, context)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(clients):
            tasks.create_task(client())


async def upload_one(target: FtpTarget, name: str, photo: bytes, context: ssl.SSLContext | None = None) -> None:
    """Upload a photo in a connection of its own."""
    client = await FtpClient.connect(target.port, context)
    await client.log_in(target.login, target.secret)
    await client.upload(f"{target.folder}{name}", photo)
    await client.quit()
