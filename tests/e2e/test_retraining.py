"""From wrong faces to a model in service and back: the documentation's own commands, and the demonstration, smaller."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.standalone.settings import StandaloneSettings
from tests.e2e.machines import ROOT, settings, variables
from tests.e2e.test_standalone import FACETALLY, wait_for

PAGE = ROOT / "docs" / "retraining.md"
# Faces that the nets in service have labelled themselves: nothing can be better at them.
REFUSED = "facetally models promote shop-net --held-out build/shop-faces"


def commands() -> list[str]:
    """What the page types, in its order."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[StandaloneSettings]:
    """A machine that has counted the demo photos."""
    chosen, log = settings(tmp_path / "state"), tmp_path / "log"
    with log.open("wb") as told:
        machine = subprocess.Popen(
            [FACETALLY, "demo"],
            env=dict(variables(chosen)),
            stdout=told,
            stderr=told,
            cwd=ROOT,
        )
    try:
        wait_for(lambda: "Ctrl-C stops" in log.read_text(), 100, log.read_text)
        yield chosen
    finally:
        machine.send_signal(signal.SIGINT)
        assert machine.wait(30) == 0


def fill_in(file: Path) -> None:
    """Label every face as the models see it, but that everybody is a year older."""
    with file.open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert rows
    for row in rows:
        row |= {
            "age_years": f"{min(float(row['predicted_age_years']) + 1, 100):.1f}",
            "gender": row["predicted_gender"],
        }
        row |= {"emotion": row["predicted_emotion"]}
    with file.open("w", newline="") as table:
        writer = csv.DictWriter(table, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.timeout(400)
def test_every_command_of_the_page_runs(demo: StandaloneSettings, tmp_path: Path) -> None:
    toml = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    (tmp_path / "train.toml").write_text(toml.replace("epochs = 30", "epochs = 2"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = dict(variables(demo)) | {"PATH": path, "PYTHONPATH": str(ROOT)}
    today = datetime.now(UTC).date()
    typed = commands()
    assert REFUSED in typed
    for command in typed:
        if command.startswith("facetally labels import"):
            fill_in(tmp_path / "faces.csv")
        dated = command.replace("2026-11-02", str(today - timedelta(days=90))).replace(
            "2026-11-08", str(today + timedelta(days=1))
        )
        done = subprocess.run(
            ["bash", "-c", dated],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        refused = command == REFUSED
        assert done.returncode == (1 if refused else 0), f"{command}\n{done.stdout}\n{done.stderr}"
        assert not refused or "Nothing was promoted" in done.stderr


@pytest.mark.timeout(400)
def test_a_net_is_trained_promoted_while_requests_go_on_and_rolled_back(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.retraining", "--folder", str(tmp_path / "demo"), "--pictures", "12", "--epochs", "16"],
        cwd=ROOT, env=variables(settings(tmp_path / "demo/state")), capture_output=True, text=True, timeout=390, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["metric_after"] < said["metric_before"]
    assert said["errors_during_swap"] == 0
    assert said["requests"] >= 150
