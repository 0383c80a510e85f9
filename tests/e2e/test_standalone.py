"""The commands as a person types them: they show it works, say what is wrong, and leave nothing behind."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from services.standalone.settings import StandaloneSettings
from tests.e2e.machines import ROOT, processes_of, settings, variables

START_WITHIN_S = 90
STOP_WITHIN_S = 60
FACETALLY = str(Path(sys.executable).with_name("facetally"))


@pytest.fixture
def chosen(tmp_path: Path) -> Iterator[StandaloneSettings]:
    """Settings; whatever a failed test leaves running is ended."""
    yield settings(tmp_path / "state")
    for process in processes_of(tmp_path / "state"):
        process.kill()


def run(chosen: StandaloneSettings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [FACETALLY, *arguments],
        env=variables(chosen),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def start(chosen: StandaloneSettings, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen([FACETALLY, "up"], env=variables(chosen), cwd=ROOT, stdout=output, stderr=output)


def wait_for(condition: Callable[[], bool], within_s: float, what: Callable[[], str]) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


def test_the_demo_counts_every_face_once_and_the_second_time_nothing_changes(chosen: StandaloneSettings) -> None:
    first, second = run(chosen, "demo", "--once"), run(chosen, "demo", "--once")
    for result in (first, second):
        assert result.returncode == 0, result.stdout + result.stderr
        assert "no shops are wrong" in result.stdout
    totals = [re.search(r"(\d+) visitors on the pages, (\d+) expected", result.stdout) for result in (first, second)]
    assert [found and found.groups() for found in totals] == [("235", "235")] * 2
    assert processes_of(chosen.state_dir) == []


def test_secrets_are_for_this_user_only_and_in_no_log(chosen: StandaloneSettings) -> None:
    assert run(chosen, "demo", "--once").returncode == 0
    assert chosen.state_dir.stat().st_mode & 0o077 == 0
    secrets = re.findall(r'": "([^"]{20,})"', (chosen.state_dir / "secrets.json").read_text())
    logins = [line.split(",")[1] for line in (chosen.state_dir / "demo-logins.csv").read_text().split()]
    assert len(secrets) > 10
    assert len(logins) == 18
    for log in (chosen.state_dir / "logs").glob("*.log"):
        text = log.read_text(errors="replace")
        assert not any(secret in text for secret in (*secrets, *logins)), log.name
        assert "photo-01" not in text, f"{log.name} has a camera's file name"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
@pytest.mark.parametrize("when", ["up", "starting"])
def test_nothing_is_left_however_it_ends(
    chosen: StandaloneSettings, tmp_path: Path, ending: signal.Signals, when: str
) -> None:
    log = tmp_path / "up.log"
    child = start(chosen, log)
    said = "The reports are at" if when == "up" else "nats-server is ready"
    wait_for(lambda: said in log.read_text() or child.poll() is not None, START_WITHIN_S, log.read_text)
    assert child.poll() is None, log.read_text()
    child.send_signal(ending)
    status = child.wait(STOP_WITHIN_S)
    if ending != signal.SIGKILL:
        assert status == 0, log.read_text()
        assert "Everything has stopped." in log.read_text()
    wait_for(lambda: processes_of(chosen.state_dir) == [], STOP_WITHIN_S, lambda: str(processes_of(chosen.state_dir)))


def test_what_dies_is_started_again(chosen: StandaloneSettings, tmp_path: Path) -> None:
    log = tmp_path / "up.log"
    child = start(chosen, log)
    wait_for(lambda: "The reports are at" in log.read_text(), START_WITHIN_S, log.read_text)

    def reports() -> list[psutil.Process]:
        found = []
        for process in psutil.Process(child.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it may end while it is looked at
                if process.status() != psutil.STATUS_ZOMBIE and "services.report" in process.cmdline():
                    found.append(process)
        return found

    (victim,) = reports()
    victim.kill()
    wait_for(lambda: [p.pid for p in reports()] not in ([], [victim.pid]), START_WITHIN_S, log.read_text)
    assert "report died" in log.read_text()
    child.terminate()
    assert child.wait(STOP_WITHIN_S) == 0


def test_a_busy_port_is_named_with_the_setting_that_moves_it(chosen: StandaloneSettings) -> None:
    with socket.create_server(("127.0.0.1", chosen.report_port)):
        result = run(chosen, "up")
    assert result.returncode == 1
    assert str(chosen.report_port) in result.stdout
    assert "FACETALLY_STANDALONE_REPORT_PORT" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_two_machines_on_one_state_are_refused(chosen: StandaloneSettings, tmp_path: Path) -> None:
    log = tmp_path / "up.log"
    child = start(chosen, log)
    wait_for(lambda: "nats-server is ready" in log.read_text(), START_WITHIN_S, log.read_text)
    second = settings(chosen.state_dir)
    result = run(second, "up")
    assert result.returncode == 1
    assert "another facetally runs on the state folder" in result.stdout
    child.send_signal(signal.SIGINT)
    assert child.wait(STOP_WITHIN_S) == 0


def test_an_ordinary_user_can_run_it(chosen: StandaloneSettings, tmp_path: Path) -> None:
    log = tmp_path / "up.log"
    # A user namespace makes an ordinary user even of root, and leaves it the files.
    command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--", FACETALLY, "up"]
    with log.open("wb") as output:
        child = subprocess.Popen(command, env=variables(chosen), cwd=ROOT, stdout=output, stderr=output)
    wait_for(lambda: "The reports are at" in log.read_text() or child.poll() is not None, START_WITHIN_S, log.read_text)
    assert child.poll() is None, log.read_text()
    child.send_signal(signal.SIGINT)
    assert child.wait(STOP_WITHIN_S) == 0, log.read_text()
