"""MLflow is told what there is to tell, and tells nobody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.training.config import read_config
from models.training.tracking import Tracker, TrackingError
from tests.models.data_sets import write_config


def test_a_run_goes_on_as_the_same_one(tmp_path: Path) -> None:
    config = read_config(write_config(tmp_path))
    config.output.mkdir()
    Tracker(config, {"dataset.version": "abc"}).figures({"validation.loss": 2.0}, 0)
    (tmp_path / "card.toml").write_text("a card")
    again = Tracker(config, {"dataset.version": "abc"})
    again.figures({"validation.loss": 1.5}, 1)
    again.finish([tmp_path / "card.toml"])
    (run,) = (config.output / "mlruns").glob("*/*/meta.yaml")
    assert (run.parent / "params" / "dataset.version").read_text() == "abc"
    assert (run.parent / "params" / "optimisation.epochs").read_text() == "3"
    logged = (run.parent / "metrics" / "validation.loss").read_text().splitlines()
    assert [line.split()[1:] for line in logged] == [["2.0", "0"], ["1.5", "1"]]
    assert (run.parent / "artifacts" / "card.toml").read_text() == "a card"


def test_a_server_that_refuses_is_told(tmp_path: Path) -> None:
    config = read_config(write_config(tmp_path, tables="[tracking]\nuri = 'nonsense://nowhere'"))
    with pytest.raises(TrackingError, match="MLflow"):
        Tracker(config, {})


def test_mlflow_reports_nothing_to_its_makers(tmp_path: Path) -> None:
    """It holds its tongue in tests and on build servers by itself: here it must not know that it is in one."""
    write_config(tmp_path)
    script = """
import socket, sys
from pathlib import Path
def refuse(*_, **__): raise SystemExit("mlflow reaches out")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from models.training.config import read_config
from models.training.tracking import Tracker
config = read_config(Path(sys.argv[1]))
config.output.mkdir()
tracker = Tracker(config, {})
tracker.figures({"loss": 1.0}, 0)
tracker.finish([])
from mlflow.telemetry.client import get_telemetry_client
from mlflow.telemetry.utils import is_telemetry_disabled
assert is_telemetry_disabled() and get_telemetry_client() is None
assert "sklearn" not in sys.modules
"""
    hidden = ("PYTEST_", "CI", "GITHUB_", "DO_NOT_TRACK", "MLFLOW_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "config.toml")],
        capture_output=True, text=True, timeout=60, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-800:]
