"""Cameras that upload as fast as they are answered: each upload in a connection of its own, as most cameras do."""

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FtpTarget:
    """A server, and who logs in."""

    port: int
    login: str
    secret: str
    folder: str = ""


class RefusedError(Exception):
    """The server did not take an upload."""


async def upload_all(target: FtpTarget, photos: Iterator[tuple[str, bytes]], clients: int, *, tls: bool) -> None:
    """Upload photos, `clients` at a time, each with a new control and a new data connection.

    Raises:
        RefusedError: with what the server said.
    """
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    async def client() -> None:
        for name, photo in photos:
            await _upload(target, name, photo, context)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(clients):
            tasks.create_task(client())


async def _upload(target: FtpTarget, name: str, photo: bytes, context: ssl.SSLContext | None) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)

    async def say(line: str, expected: str) -> str:
        if line:
            writer.write(line.encode() + b"\r\n")
        answer = (await reader.readline()).decode()
        if not answer.startswith(expected):
            raise RefusedError(f"{line.split(' ', maxsplit=1)[0]}: {answer.strip()}")
        return answer

    await say("", "220")
    if context:
        await say("AUTH TLS", "234")
        await writer.start_tls(context)
        await say("PBSZ 0", "200")
        await say("PROT P", "200")
    await say(f"USER {target.login}", "331")
    await say(f"PASS {target.secret}", "230")
    await say("TYPE I", "200")
    port = int((await say("EPSV", "229")).split("|||")[1].split("|", maxsplit=1)[0])
    _, data = await asyncio.open_connection("127.0.0.1", port)
    await say(f"STOR {target.folder}{name}", "1")
    if context:
        await data.start_tls(context)
    data.write(photo)
    await data.drain()
    data.close()
    await say("", "226")
    await say("QUIT", "221")
    writer.close()
