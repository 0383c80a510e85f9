"""A camera's side of FTP, for asyncio."""

import asyncio
import ssl
from typing import Self


class RefusedError(Exception):
    """The server said no; with its reply."""


class FtpClient:
    """One control connection.

    Args:
        context: of TLS, for its data connections as well.
        source: address that it comes from; the system's choice when None.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        context: ssl.SSLContext | None,
        source: str | None,
    ) -> None:
        self.writer = writer
        self._reader = reader
        self._context = context
        self._source = source

    @classmethod
    async def connect(cls, port: int, context: ssl.SSLContext | None = None, source: str | None = None) -> Self:
        """Connect; nothing has been said yet."""
        reader, writer = await _open(port, source)
        return cls(reader, writer, context, source)

    async def say(self, line: str | bytes, expected: str = "") -> str:
        """Say a line, or nothing where the server speaks next; its reply.

        Raises:
            RefusedError: the reply does not begin as expected.
            ConnectionResetError: there is none, the server has hung up.
        """
        if line:
            self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        reply = await self._reader.readline()
        if reply[3:4] == b"-":  # of several lines
            while (more := await self._reader.readline()) and not more.startswith(reply[:3] + b" "):
                pass
        if not reply.endswith(b"\n"):
            raise ConnectionResetError("the server has hung up")
        answer = reply.decode().rstrip()
        if not answer.startswith(expected):
            raise RefusedError(answer)
        return answer

    async def log_in(self, login: str, secret: str) -> None:
        """Be greeted, go over to TLS where there is a context, and log in."""
        await self.say("", "220")
        if self._context:
            await self.say("AUTH TLS", "234")
            await self.writer.start_tls(self._context)
            await self.say("PBSZ 0", "200")
            await self.say("PROT P", "200")
        await self.say(f"USER {login}", "331")
        await self.say(f"PASS {secret}", "230")

    async def begin_upload(self, path: str | bytes) -> asyncio.StreamWriter:
        """A data connection that takes a photo."""
        await self.say("TYPE I", "200")
        port = int((await self.say("EPSV", "229")).split("|||")[1].split("|", maxsplit=1)[0])
        _, data = await _open(port, self._source)
        try:
            await self.say(b"STOR " + (path.encode() if isinstance(path, str) else path), "1")
        except BaseException:
            data.transport.abort()
            raise
        if self._context:
            await data.start_tls(self._context)
        return data

    async def upload(self, path: str, photo: bytes) -> None:
        """Upload a photo; it is kept."""
        data = await self.begin_upload(path)
        data.write(photo)
        await data.drain()
        data.close()
        await self.say("", "226")

    async def quit(self) -> None:
        """Say good-bye."""
        await self.say("QUIT", "221")
        self.writer.close()


async def _open(port: int, source: str | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0) if source else None)
