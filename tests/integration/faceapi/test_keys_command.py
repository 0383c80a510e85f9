"""`facetally keys`, as the command that people type, and the first key of one machine."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from services.common.messaging import MessageBus
from services.faceapi.adapters.kv_keys import KvApiKeys
from services.faceapi.command import first_key
from services.faceapi.domain.keys import ApiKey
from services.faceapi.settings import KEYS_FILE
from services.standalone import machine
from services.standalone.adapters.state_folder import StateFolder
from services.standalone.domain import environment_file, plan_ports, service_environment
from services.standalone.settings import StandaloneSettings
from tests.servers.nats import NatsServer
from tests.servers.running import environment
from tests.servers.services import connection

Run = Callable[..., Result]


def typed(variables: Mapping[str, str | None], *words: str) -> Result:
    with ThreadPoolExecutor(1) as thread:  # the command has an event loop of its own
        return thread.submit(CliRunner().invoke, app, ["keys", *words], env=variables).result()


@pytest.fixture
def keys(clean_streams: NatsServer) -> Run:
    values = {"keys_nats": connection(clean_streams.settings("keys")), "keys_url": "https://faces.example.com/"}
    variables = service_environment("faceapi", values)
    return lambda *words: typed(variables, *words)


async def found(nats: NatsServer, key: str) -> ApiKey | None:
    async with MessageBus.connect(nats.settings("faceapi"), "test") as bus, KvApiKeys.watching(bus) as keys:
        await keys.until_read()
        return keys.find(key)


async def test_a_key_is_made_shown_once_listed_and_revoked(keys: Run, clean_streams: NatsServer) -> None:
    added = keys("add", "till-1", "--rate", "0.5", "--burst", "7", "--min-face", "36")
    assert added.exit_code == 0, added.stderr
    key = added.stdout.strip()
    assert len(key) == 43, "32 bytes"
    assert key not in added.stderr
    assert "'https://faces.example.com/face/v1.0/detect?" in added.stderr
    kept = await found(clean_streams, key)
    assert kept is not None
    assert (kept.name, kept.requests_per_second, kept.burst, kept.min_face_px) == ("till-1", 0.5, 7, 36)

    other = keys("add", "till-2").stdout.strip()
    listed = keys("list")
    rows = [line.split() for line in listed.stdout.splitlines()[1:]]
    made = f"{kept.created_at:%Y-%m-%d %H:%M}".split()
    assert rows[0] == ["till-1", "0.5", "7", "36", "px", *made]
    assert rows[1][:5] == ["till-2", "10", "20", "100", "px"]
    for secret in (key, other, kept.sha256.hex()):
        assert secret not in listed.output

    revoked = keys("revoke", "till-1")
    assert (revoked.exit_code, "within seconds" in revoked.stderr) == (0, True)
    assert await found(clean_streams, key) is None
    assert await found(clean_streams, other)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["add", "a.b"], "letters, digits"),
        (["add", "new", "--rate", "0"], "the rate is between"),
        (["add", "new", "--burst", "0"], "the burst is between"),
        (["add", "new", "--min-face", "20"], "between 36 and 1000 pixels"),
        (["add", "there"], "a key there already"),
        (["revoke", "new"], "no key new"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(keys: Run, words: list[str], says: str) -> None:
    keys("add", "there")
    before = keys("list").stdout
    refused = keys(*words)
    assert refused.exit_code == 1
    assert says in refused.stderr
    assert refused.stdout == ""
    assert keys("list").stdout == before


def test_that_there_are_none_is_said(keys: Run) -> None:
    listed = keys("list")
    assert (listed.exit_code, listed.stdout) == (0, "")
    assert "facetally keys add NAME" in listed.stderr


def test_settings_come_from_the_file_that_one_machine_writes(clean_streams: NatsServer, tmp_path: Path) -> None:
    names = machine._secret_names()
    assert {"nats-keys", "face-api-key"} <= set(names)
    ports = plan_ports(2121, 8080, 9099, clean_streams.port, 1)
    with StateFolder(tmp_path) as state:
        secrets = state.secrets(names) | {"nats-keys": "password-of-keys"}
        values = machine._keys(StandaloneSettings(face_api_host="0.0.0.0"), ports, secrets)
        state.keep_private(machine._KEYS_FILE, environment_file(values).encode())
    assert machine._KEYS_FILE == KEYS_FILE
    assert stat.S_IMODE((tmp_path / KEYS_FILE).stat().st_mode) == 0o600
    assert not any(name.startswith("FACETALLY_FACEAPI_KEYS") for name in os.environ)
    # What is set for the service says nothing of the command.
    variables = {"FACETALLY_STANDALONE_STATE_DIR": str(tmp_path), "FACETALLY_FACEAPI_HTTP_PORT": "1"}
    added = typed(variables, "add", "till-1")
    assert added.exit_code == 0, added.stderr
    assert "'http://127.0.0.1:9099/face" in added.stderr


def test_a_machine_that_is_not_there_or_does_not_run_is_said(tmp_path: Path) -> None:
    def run(variables: dict[str, str]) -> str:
        ran = subprocess.run(
            [Path(sys.executable).with_name("facetally"), "keys", "list"], cwd=tmp_path,
            env=environment() | variables, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert ran.returncode == 1
        assert ran.stdout == ""
        assert "Traceback" not in ran.stderr
        return ran.stderr

    never = run({})
    assert "FACETALLY_FACEAPI_KEYS_NATS" in never
    assert ".state/keys.env, which `facetally up` writes" in never
    values = {"keys_nats": {"url": "nats://127.0.0.1:1", "user": "keys", "password": "x"}}
    assert "nobody answers at nats://127.0.0.1:1. On one machine `facetally up` must be running." in run(
        service_environment("faceapi", values)
    )


async def test_the_first_key_is_made_once_and_stays_revoked(keys: Run, clean_streams: NatsServer) -> None:
    nats = clean_streams.settings("keys")

    async def start_again() -> bool:
        clean_streams.running.stop()
        clean_streams.running.spawn()
        await clean_streams.running.until_ready()
        await clean_streams.provision()
        return await first_key(nats, "standalone", "a generated key")

    assert await first_key(nats, "standalone", "a generated key")
    assert await found(clean_streams, "a generated key")
    assert await start_again()
    assert not await first_key(nats, "standalone", "another key"), "there is one of this name already"
    assert await found(clean_streams, "another key") is None

    assert (await asyncio.to_thread(keys, "revoke", "standalone")).exit_code == 0
    for _ in range(2):
        assert not await start_again()
        assert await found(clean_streams, "a generated key") is None
    assert (await asyncio.to_thread(keys, "add", "standalone")).exit_code == 0
    assert not await start_again(), "it is another key"
