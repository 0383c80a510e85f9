"""A whole machine for a test: its own ports, its own state."""

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil

from services.report.command import make_token
from services.standalone.adapters.postgres_server import DATABASE
from services.standalone.domain import INTERNAL_PORTS, plan_ports
from services.standalone.machine import ADMIN
from services.standalone.settings import StandaloneSettings
from tests.servers.running import environment, free_ports

ROOT = Path(__file__).parents[2]


def settings(state: Path) -> StandaloneSettings:
    """Ports that nobody else has."""
    ports = free_ports(INTERNAL_PORTS + 50)
    return StandaloneSettings(
        state_dir=state,
        ftp_port=ports[0],
        report_port=ports[1],
        face_api_port=ports[2],
        passive_port_first=ports[3],
        passive_port_last=ports[3] + 40,
        internal_port_first=ports[50],
        min_cell=0,  # tests count few
    )


def variables(chosen: StandaloneSettings) -> Mapping[str, str]:
    """The same as environment variables, for the command."""
    values = {name: "" if value is None else str(value) for name, value in chosen.model_dump().items()}
    return environment() | {f"FACETALLY_STANDALONE_{name.upper()}": value for name, value in values.items()}


def processes_of(state: Path) -> list[psutil.Process]:
    """Every process that has to do with a state folder, by its command line or its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.environ().get("FACETALLY_STANDALONE_STATE_DIR", "")]
            port_words = process.environ().get("FACETALLY_INGEST_TLS_CERTIFICATE", "")
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if process.pid != os.getpid() and any(str(state) in word for word in (*words, port_words)):
            found.append(process)
    return found


_tokens: dict[Path, str] = {}


async def _token(state: Path, internal_port_first: int) -> str:
    """An API token of the machine's first admin, made once."""
    if state not in _tokens:
        password = json.loads((state / "secrets.json").read_text())["postgres-account"]
        port = plan_ports(1, 1, 1, internal_port_first, 1).postgres
        dsn = f"postgresql://account:{password}@127.0.0.1:{port}/{DATABASE}"
        _tokens[state] = await make_token(dsn, ADMIN, "test", days=1)
    return _tokens[state]


async def tally(chosen: StandaloneSettings, shop: str, camera: str) -> tuple[int, dict[str, int]]:
    """Visitors of a shop today and yesterday, and what became of its camera's uploads."""
    headers = {"Authorization": f"Bearer {await _token(chosen.state_dir, chosen.internal_port_first)}"}
    url = f"http://127.0.0.1:{chosen.report_port}/api/v1"
    today = datetime.now(UTC).date()
    days = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1)), "compare": "none"}
    async with httpx.AsyncClient(base_url=url, timeout=10, headers=headers) as client:
        shown = await client.get("/overview", params={"place": f"shop:{shop}", **days})
        of_camera = await client.get(f"/cameras/{camera}", params={name: days[name] for name in ("from", "to")})
        for answer in (shown, of_camera):
            answer.raise_for_status()
        return shown.json()["now"]["visitors"], of_camera.json()["uploads"]


Report = Callable[[str], None]
