"""On one machine people type the commands, and set nothing."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.standalone.settings import StandaloneSettings
from tests.e2e.machines import ROOT, processes_of, settings, variables
from tests.integration.operate.desk import NEEDS_ROOM

FACETALLY = str(Path(sys.executable).with_name("facetally"))
START_WITHIN_S, STOP_WITHIN_S = 90.0, 60.0


@pytest.fixture
def chosen(tmp_path: Path) -> Iterator[StandaloneSettings]:
    """A machine that runs."""
    chosen = settings(tmp_path / "state").model_copy(update={"detect_workers": 1})
    log = tmp_path / "up.log"
    with log.open("wb") as output:
        up = subprocess.Popen([FACETALLY, "up"], env=variables(chosen), cwd=ROOT, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_WITHIN_S
        while "Sign in as" not in log.read_text():
            assert up.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield chosen
    finally:
        up.terminate()
        up.wait(STOP_WITHIN_S)
        for process in processes_of(chosen.state_dir):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


@NEEDS_ROOM
def test_doctor_backlog_dead_and_keys_work_without_settings_of_their_own(chosen: StandaloneSettings) -> None:
    environment = dict(variables(chosen))
    assert not any(name.startswith(("FACETALLY_OPERATE_", "FACETALLY_FACEAPI_")) for name in environment)

    def typed(*words: str) -> str:
        said = subprocess.run(
            [FACETALLY, *words], env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout + said.stderr

    said = typed("doctor")
    for service in ("ingest", "detect-1", "record", "report", "faceapi"):
        assert f"service {service}: It is ready." in said
    for subject in ("schema", "FTPS certificate", "disk", "weights"):
        assert f"ok       {subject}: " in said
    assert "0 broken, 1 warning" in said  # no cameras are registered
    assert "RESULTS record" in typed("backlog")
    assert "There are no dead letters." in typed("dead", "list")
    assert "standalone" in typed("keys", "list")
    for file in ("operate.env", "keys.env"):
        assert (chosen.state_dir / file).stat().st_mode & 0o077 == 0
