"""The operator's commands as somebody types them, against the tests' servers."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.operate.settings import OperateSettings
from services.standalone.domain import service_environment
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.running import environment
from tests.servers.s3 import S3Server
from tests.servers.services import connection

NOWHERE = {"nats": {"url": "nats://127.0.0.1:1", "user": "operator", "password": "x"}}
NO_STORE = {"s3": {"url": "http://127.0.0.1:1", "access_key": "operator", "secret_key": "x"}}
_disk = shutil.disk_usage(tempfile.gettempdir())
NEEDS_ROOM = pytest.mark.skipif(_disk.free < 0.11 * _disk.total, reason="this disk is nearly full, and doctor says so")
NO_DATABASE = {"postgres_dsn": "postgresql://operator:x@127.0.0.1:1/x"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and how it ended."""

    out: str
    err: str
    status: int


def nats_values(nats: NatsServer) -> dict[str, object]:
    """Settings for the commands that only need NATS."""
    return {"nats": connection(nats.settings("operator")), **NO_STORE, **NO_DATABASE}


def all_values(nats: NatsServer, s3: S3Server, database: Database, folder: Path) -> dict[str, object]:
    """Settings for all servers; no services."""
    return {
        "nats": connection(nats.settings("operator")),
        "s3": connection(s3.settings("operator")),
        "postgres_dsn": database.dsn("operator"),
        "state_dir": str(folder),
        "limit_s": 8,
    }


def settings(values: dict[str, object]) -> OperateSettings:
    """The same as the class."""
    return OperateSettings.model_validate(values)


@asynccontextmanager
async def started(
    values: dict[str, object], *words: str, stdout: int = asyncio.subprocess.PIPE, folder: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start `facetally ...`; it is ended with the block, if it has not ended itself."""
    flat = {name: json.dumps(value) if name == "health_urls" else value for name, value in values.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.operate",
        *words,
        env=environment() | {"COLUMNS": "200"} | service_environment("operate", flat),
        stdin=asyncio.subprocess.PIPE,
        stdout=stdout,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def typed(values: dict[str, object], *words: str, answer: str = "", folder: Path | None = None) -> Said:
    """Type `facetally ...`, in a folder, and answer what it asks."""
    async with started(values, *words, folder=folder) as process, asyncio.timeout(60):
        out, err = await process.communicate(answer.encode())
    assert process.returncode is not None
    return Said(out.decode(), err.decode(), process.returncode)
