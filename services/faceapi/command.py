"""facetally keys: who may ask the face API, and how often. It knows no HTTP, so that it starts at once."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

import typer
from rich.table import Table

from services.common.command_line import errors, failures, output, settings_of
from services.common.settings import NatsSettings
from services.faceapi.adapters.kv_key_store import KvKeyStore
from services.faceapi.domain.keys import KEY_BYTES, ApiKey, ApiKeyError, digest
from services.faceapi.settings import KEYS_FILE, KeysSettings

T = TypeVar("T")
app = typer.Typer(help="API keys: who may ask the face API, and how often.", no_args_is_help=True)
_RATE: Final = 10.0
_BURST: Final = 20
_MIN_FACE_PX: Final = 100
Name = Annotated[str, typer.Argument(help="What the key is called: letters, digits, hyphens and underscores")]


async def first_key(nats: NatsSettings, name: str, key: str) -> bool:
    """Let a key in that somebody else keeps, where there never was one of its name; whether this key is let in.

    Raises:
        TransientError: NATS is away.
    """
    async with KvKeyStore.connect(nats) as store:
        if await store.add_once(_known(name, key)):
            return True
        there = (await store.keys()).get(name)
        return there is not None and there.sha256 == digest(key)


@app.command("add")
def add_command(
    name: Name,
    rate: Annotated[float, typer.Option(help="Photos a second in the long run")] = _RATE,
    burst: Annotated[int, typer.Option(help="Photos at once")] = _BURST,
    min_face: Annotated[
        int,
        typer.Option(
            help="Width of the smallest face that is found, in pixels of a photo of 1920 x 1080, from 36 on; "
            "half of it costs four times as much"
        ),
    ] = _MIN_FACE_PX,
) -> None:
    """Make a key and print it, once: only its digest is kept."""
    settings = _settings()
    key = secrets.token_urlsafe(KEY_BYTES)
    with _failures("No key was added"):
        _at_store(settings, lambda store: store.add(_known(name, key, rate, burst, min_face)))
    # To standard output, where a person or a script takes it from.
    typer.echo(key)
    errors.print(
        f"This is the key {name}. It cannot be shown again. The face API takes it within seconds:\n\n"
        f"curl -H 'Ocp-Apim-Subscription-Key: KEY' -H 'Content-Type: application/octet-stream' --data-binary @photo.jpg \\\n"
        f"  '{settings.keys_url.rstrip('/')}/face/v1.0/detect?returnFaceAttributes=age,gender,emotion'",
        soft_wrap=True,
        markup=False,
    )


@app.command("list")
def list_command() -> None:
    """List the keys: name, limits, when they were made. No key can be shown again."""
    with _failures("Not listed"):
        keys = _at_store(_settings(), lambda store: store.keys())
    if keys:
        output.print(_table(keys))
    else:
        errors.print("There are no keys. `facetally keys add NAME` makes one.")


@app.command("revoke")
def revoke_command(name: Name) -> None:
    """Refuse a key from now on, for good."""
    with _failures("Nothing was revoked"):
        _at_store(_settings(), lambda store: store.remove(name))
    errors.print(f"The key {name} is refused within seconds, everywhere.")


def _known(name: str, key: str, rate: float = _RATE, burst: int = _BURST, min_face_px: int = _MIN_FACE_PX) -> ApiKey:
    return ApiKey(name, digest(key), rate, burst, min_face_px, datetime.now(UTC))


def _table(keys: dict[str, ApiKey | None]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("name", overflow="fold")
    for heading in ("photos/s", "burst", "smallest face", "made (UTC)"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, key in keys.items():
        if key is None:
            table.add_row(name, "cannot be read")
        else:
            made = f"{key.created_at:%Y-%m-%d %H:%M}"
            table.add_row(name, f"{key.requests_per_second:g}", str(key.burst), f"{key.min_face_px} px", made)
    return table


def _at_store(settings: KeysSettings, work: Callable[[KvKeyStore], Awaitable[T]]) -> T:
    async def run() -> T:
        async with KvKeyStore.connect(settings.keys_nats) as store:
            return await work(store)

    return asyncio.run(run())


def _failures(otherwise: str) -> AbstractContextManager[None]:
    return failures(otherwise, ApiKeyError)


def _settings() -> KeysSettings:
    return settings_of(KeysSettings, "faceapi", KEYS_FILE)
