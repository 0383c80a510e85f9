"""Cells' single servers and headquarters', configured as their pods are, keep their links."""

import asyncio
import copy
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest

from services.standalone.adapters.probes import answers_http
from services.standalone.domain import Program
from tests.k8s.manifests import Cluster, cluster, program
from tests.k8s.test_nats import configuration
from tests.servers.running import RunningProgram, environment, free_ports

# A server that is thrown off comes back each second.
_LONG_ENOUGH_S = 4.0
_WITHIN_S = 20.0


def with_values(name: str, **values: str) -> Cluster:
    """A combination of components for another who sets other values."""
    found = cluster(name)
    manifests = copy.deepcopy(found.manifests)
    replaced = replace(found, manifests=manifests)
    replaced.values().update(values)
    return replaced


class Server:
    """nats-server with the files and the environment of the pod nats-0, on ports of loopback.

    Args:
        found: whose pod.
        folder: of its files.
        leaf_port: that headquarters listens on for cells.
        monkeypatch: for the environment that the configuration is written in.
        given: what the environment has beyond the pod's.
    """

    def __init__(
        self, found: Cluster, folder: Path, leaf_port: int, monkeypatch: pytest.MonkeyPatch, given: Mapping[str, str]
    ) -> None:
        folder.mkdir()
        path, self.environment = configuration(found, folder, monkeypatch)
        port, self.monitor = free_ports(2)
        ports = {"0.0.0.0:4222": port, "0.0.0.0:8222": self.monitor, "0.0.0.0:7422": leaf_port}
        for part in path.parent.iterdir():
            text = part.read_text()
            for pod, own in ports.items():
                text = text.replace(pod, f"127.0.0.1:{own}")
            part.write_text(text)
        self.running = RunningProgram(
            Program(
                name=folder.name,
                command=(str(program("nats-server")), "--config", str(path), "--pid", str(folder / "nats.pid")),
                ready=answers_http(f"http://127.0.0.1:{self.monitor}/healthz"),
                environment=environment() | self.environment | dict(given),
            ),
            folder / "nats.log",
        )

    def links(self) -> set[str]:
        """Names of the servers that are linked now."""
        with urlopen(f"http://127.0.0.1:{self.monitor}/leafz", timeout=5) as answer:
            return {leaf["name"] for leaf in json.load(answer)["leafs"]}


def certificate(folder: Path, name: str) -> None:
    """Make a certificate for this machine, signed by itself, in place of the one that is there."""
    folder.mkdir(exist_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "tls.key", "-out", folder / "tls.crt"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip


def served(port: int) -> bytes:
    """The certificate that headquarters shows to a cell. NATS says who it is first, and then speaks TLS."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        while not plain.recv(4096).endswith(b"\r\n"):
            pass
        with context.wrap_socket(plain) as secure:
            shown = secure.getpeercert(binary_form=True)
            assert shown is not None
            return shown


def test_two_single_servers_stay_linked_and_a_renewed_certificate_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (leaf_port,) = free_ports(1)
    headquarters = with_values("small-hq", CELLS='["asia", "africa"]')
    tls = tmp_path / "hq/nats-leaf"
    # Three servers cannot find each other here.
    headquarters.named("ConfigMap", "nats-server")["data"]["cluster.conf"] = ""
    hub = Server(headquarters, tmp_path / "hq", leaf_port, monkeypatch, {})
    certificate(tls, "before")
    trusted = shutil.copy(tls / "tls.crt", tmp_path / "trusted.crt")
    cells = []
    for name in ("asia", "africa"):
        password = hub.environment[f"NATS_CELL_{name.upper()}_PASSWORD"]
        link = {
            "NATS_HEADQUARTERS_URL": f"tls://cell-{name}:{password}@localhost:{leaf_port}",
            "SSL_CERT_FILE": str(trusted),
        }
        cells.append(Server(with_values("small-cell", DOMAIN=name), tmp_path / name, leaf_port, monkeypatch, link))
    servers = [hub, *cells]
    for server in servers:
        server.running.spawn()
    try:
        asyncio.run(_ready(servers))
        deadline = time.monotonic() + _WITHIN_S
        while hub.links() != {"asia-0", "africa-0"}:
            assert time.monotonic() < deadline, hub.links()
            time.sleep(0.1)
        before = served(leaf_port)
        certificate(tls, "after")
        os.kill(hub.running.pid, signal.SIGHUP)
        time.sleep(_LONG_ENOUGH_S)
        assert served(leaf_port) != before
        assert hub.links() == {"asia-0", "africa-0"}
        assert "Duplicate Remote" not in (tmp_path / "hq/nats.log").read_text()
    finally:
        for server in servers:
            server.running.kill()


async def _ready(servers: list[Server]) -> None:
    await asyncio.gather(*(server.running.until_ready() for server in servers))


def test_headquarters_reads_its_certificate_again_and_nats_gets_the_signals() -> None:
    (nats,) = cluster("hq").named("StatefulSet", "nats")["spec"]["template"]["spec"]["containers"]
    shell, option, script = nats["command"]
    assert (shell, option) == ("sh", "-c")
    again, server = script.split(" & ")
    assert again == "(while sleep 3600; do nats-server --signal reload=/tmp/nats.pid; done)"
    (plain,) = cluster("cell").named("StatefulSet", "nats")["spec"]["template"]["spec"]["containers"]
    assert server == f"exec {' '.join(plain['command'])}"
