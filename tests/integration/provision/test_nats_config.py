"""What `nats-config` prints, read by nats-server: it takes all of it, and the users have their rights."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.common.errors import TransientError
from services.common.messaging import MessageBus
from services.common.settings import NatsSettings
from services.provision.adapters.nats_config import password_variable
from services.provision.domain.nats_rights import nats_permissions
from services.provision.domain.site import Site
from services.standalone.adapters.probes import answers_http
from services.standalone.domain import Program
from tests.servers.running import environment, free_ports, running

SITES = {
    "alone": Site(),
    "hq": Site("hq", cells=("europe", "south-america")),
    "europe": Site("europe", headquarters="hq"),
}
# Some that nats-server could take for numbers, were they not quoted.
PASSWORD = '"12345"'


def printed(site: Site) -> str:
    variables = {
        "FACETALLY_PROVISION_DOMAIN": site.domain,
        "FACETALLY_PROVISION_CELLS": json.dumps(site.cells),
        "FACETALLY_PROVISION_HEADQUARTERS": site.headquarters,
    }
    result = subprocess.run(
        [sys.executable, "-m", "services.provision", "nats-config"],
        env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout


def secrets(site: Site) -> dict[str, str]:
    passwords = {password_variable(user): PASSWORD for user in nats_permissions(site)}
    return {**passwords, "NATS_HEADQUARTERS_URL": "tls://cell-europe:pa-ss_word@hq.example:7422"}


def config(site: Site, folder: Path) -> tuple[Path, int, int]:
    """A nats.conf that takes in what was printed; its ports for clients and for /healthz."""
    port, monitor, cells = free_ports(3)
    (folder / "rights.conf").write_text(printed(site))
    lines = [
        "include rights.conf",
        f'listen: "127.0.0.1:{port}"',
        f'http: "127.0.0.1:{monitor}"',
        f'jetstream {{ store_dir: "{folder}"{f", domain: {site.domain}" if site.domain else ""} }}',
    ]
    if site.cells:
        lines.append(f'leafnodes {{ listen: "127.0.0.1:{cells}", no_advertise: true }}')
    path = folder / "nats.conf"
    path.write_text("\n".join(lines))
    return path, port, monitor


@pytest.mark.parametrize("name", SITES)
def test_nats_server_takes_what_is_printed(name: str, tmp_path: Path) -> None:
    site = SITES[name]
    path, _, _ = config(site, tmp_path)
    variables = environment() | secrets(site)
    command = ["nats-server", "-t", "--config", str(path)]
    result = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=30)
    assert result.returncode == 0, result.stdout + result.stderr
    del variables["NATS_DETECT_PASSWORD"]
    result = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=30)
    assert result.returncode != 0
    assert "NATS_DETECT_PASSWORD" in result.stderr


@pytest.mark.parametrize("name", SITES)
async def test_users_have_their_passwords_and_rights(name: str, tmp_path: Path) -> None:
    site = SITES[name]
    path, port, monitor = config(site, tmp_path)
    program = Program(
        "nats-server",
        ("nats-server", "--config", str(path)),
        answers_http(f"http://127.0.0.1:{monitor}/healthz"),
        environment() | secrets(site),
    )

    def settings(user: str) -> NatsSettings:
        return NatsSettings.model_validate({"url": f"nats://127.0.0.1:{port}", "user": user, "password": "12345"})

    with running(program, tmp_path):
        async with MessageBus.connect(settings("admin"), "test") as admin:
            await admin.jetstream.add_stream(name="ALL", subjects=["photos.>", "results.>"])
        async with MessageBus.connect(settings("ingest"), "test") as ingest:
            await ingest.publish_bytes("photos.a.b", b"", {})
            with pytest.raises(TransientError):
                await ingest.publish_bytes("results.a.b", b"", {})


def test_what_is_printed_has_no_secret_and_names_every_user() -> None:
    for site in SITES.values():
        text = printed(site)
        for user in nats_permissions(site):
            assert f"user: {user}\n      password: ${password_variable(user)}\n" in text
        assert ("leafnodes {" in text) == bool(site.headquarters)
