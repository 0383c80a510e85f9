"""Every service starts, is probed and ends in the same way."""

import asyncio
import os
import signal
import subprocess
import sys

import httpx
import pytest

from services.common.health import Health, serve_health
from tests.servers.running import free_ports


async def test_ready_means_started_and_every_dependency_answers() -> None:
    health = Health()
    (port,) = free_ports(1)
    answers = {"nats": True, "s3": False}

    async def nats() -> bool:
        return answers["nats"]

    async def s3() -> bool:
        return answers["s3"]

    async def stuck() -> bool:
        await asyncio.Event().wait()
        return True

    health.ready_when("nats", nats)
    health.ready_when("s3", s3)
    async with (
        serve_health(health, "127.0.0.1", port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).json() == {"status": "not ready", "missing": ["start-up", "s3"]}
        answers["s3"] = True
        health.started()
        assert (await client.get("/readyz")).status_code == 200
        answers["nats"] = False
        not_ready = await client.get("/readyz")
        assert (not_ready.status_code, not_ready.json()["missing"]) == (503, ["nats"])
        health.ready_when("stuck", stuck)
        assert (await client.get("/readyz")).json()["missing"] == ["nats", "stuck"]
        assert "facetally_messages_total" in (await client.get("/metrics")).text


@pytest.mark.parametrize("service", ["ingest", "detect", "classify", "record", "report", "estate", "provision"])
def test_settings_that_are_missing_are_named_without_a_traceback(service: str) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("FACETALLY_")}
    arguments = ["publish"] if service == "estate" else []
    result = subprocess.run(
        [sys.executable, "-m", f"services.{service}", *arguments],
        env=bare,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 1
    assert f"FACETALLY_{service.upper()}_" in result.stderr
    assert "docs/settings.md" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_service_that_cannot_reach_nats_yet_ends_when_it_is_asked_to() -> None:
    (port,) = free_ports(1)
    settings = {"NATS__URL": "nats://127.0.0.1:1", "NATS__USER": "u", "NATS__PASSWORD": "p", "HEALTH_PORT": str(port)}
    environment = os.environ | {f"FACETALLY_CLASSIFY_{name}": value for name, value in settings.items()}
    child = subprocess.Popen([sys.executable, "-m", "services.classify"], env=environment, stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout:
        assert b"service_starting" in child.stdout.readline()
        child.send_signal(signal.SIGTERM)
        try:
            assert child.wait(20) == 0
        finally:
            child.kill()
