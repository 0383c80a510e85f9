"""Headquarters and a cell in networks of their own, with a cable between them: packets are lost, and nobody is told."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.provision.adapters import nats_config
from services.provision.domain.site import Site
from tests.servers.cells import (
    AFTER_ABSENCE_S,
    HEADQUARTERS,
    SOON_S,
    classify,
    ids,
    recorded,
    until_given_up,
    until_linked,
    until_recorded,
)
from tests.servers.nats import NatsServer
from tests.servers.networks import HERE, Cable, in_network_of_its_own, network_of, network_of_its_own
from tests.servers.running import finish

pytestmark = pytest.mark.timeout(150)


@pytest.fixture
def apart() -> Iterator[None]:
    """Nobody sees what is opened in this test."""
    try:
        with network_of_its_own():
            yield
    except PermissionError:
        pytest.skip("only root may make networks")


@pytest.mark.usefixtures("apart")
def test_a_cable_that_is_cut_loses_nothing_and_doubles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats_config, "_PING_EVERY_S", 1)
    hq = NatsServer(tmp_path / HEADQUARTERS, Site(HEADQUARTERS, cells=("europe",)))
    cell = NatsServer(tmp_path / "europe", Site("europe", headquarters=HEADQUARTERS), hq.cells_port)
    address = f"127.0.0.1:{hq.cells_port}"
    for server in (hq, cell):
        config = server.folder / "nats.conf"
        config.write_text(config.read_text().replace(address, f"{HERE}:{hq.cells_port}"))
    cell.running.program = in_network_of_its_own(cell.program)
    cell.running.spawn()
    try:
        _until_apart(cell.running.pid)
        cable = Cable(cell.running.pid)
        with network_of(cell.running.pid):
            finish(cell.running.until_ready())
        hq.running.start()
        finish(until_linked(hq, 1))
        finish(hq.provision(Site(HEADQUARTERS)))
        with network_of(cell.running.pid):
            finish(cell.provision())
            finish(classify(cell, "europe", range(5)))
        finish(hq.provision())
        finish(until_recorded(hq, ids("europe", range(5))))
        cable.cut()
        with network_of(cell.running.pid):
            finish(classify(cell, "europe", range(5, 10)))
        finish(until_given_up(hq))
        assert finish(recorded(hq)) == ids("europe", range(5))
        cable.mend()
        finish(until_recorded(hq, ids("europe", range(10)), AFTER_ABSENCE_S))
    finally:
        cell.running.kill()
        hq.running.kill()


def _until_apart(pid: int) -> None:
    """Wait until the process is in its network."""
    ours = Path("/proc/thread-self/ns/net").readlink()
    deadline = time.monotonic() + SOON_S
    while Path(f"/proc/{pid}/ns/net").readlink() == ours:
        assert time.monotonic() < deadline
        time.sleep(0.01)
