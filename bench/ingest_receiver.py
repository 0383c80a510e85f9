"""The FTP service without what is behind it: photos are received, checked by nobody, and forgotten."""

import asyncio
import sys
from pathlib import Path

import uvloop

from services.common.glibc_heap import keep_freed_memory
from services.common.logging import configure_logging
from services.ingest.__main__ import ftp_options
from services.ingest.adapters.ftp_server import FtpServer
from services.ingest.domain import Held, Login, Outcome, Result, Upload
from services.ingest.settings import IngestSettings
from tests.fakes.logins import FakeLogins


class Forget:
    """Keeps nothing, and says that it does."""

    async def __call__(self, login: Login, upload: Upload) -> Result:
        """Answered at once."""
        return Result(Outcome.KEPT)

    async def rename(self, login: Login, held: Held, path: str) -> Outcome:
        """Answered at once."""
        return Outcome.KEPT


async def main(port: int, certificate: Path, login: str, secret: str) -> None:
    """Receive until ended."""
    keep_freed_memory()
    logins = FakeLogins()
    logins.add(login, secret)
    nothing = {"url": "http://127.0.0.1:1", "access_key": "-", "secret_key": "-"}
    settings = IngestSettings.model_validate(
        {
            "nats": {"url": "nats://127.0.0.1:1", "user": "-", "password": "-"},
            "s3": nothing,
            "ftp_port": port,
            "passive_port_first": port + 1,
            "passive_port_last": port + 200,
            "tls_certificate": certificate,
            "health_port": 1,
        }
    )
    async with FtpServer.running(ftp_options(settings), logins.find, Forget()):
        await asyncio.Event().wait()


if __name__ == "__main__":
    configure_logging("bench", "json", "error")
    uvloop.run(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
