"""What the command says where a run ends before its time."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.training.__main__ import _interruptions
from models.training.checkpoint import Checkpoint, Checkpoints
from tests.models.data_sets import write_config

ROOT = Path(__file__).parents[3]


def refused(config: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "models.training", str(config)],
        capture_output=True, text=True, timeout=60, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_an_output_that_cannot_be_made_is_named(workplace: Path) -> None:
    (workplace / "run").write_text("a file")
    assert refused(write_config(workplace)) == f"training: {workplace / 'run'}: File exists"


def test_nobody_is_sent_to_a_checkpoint_that_is_not_there(workplace: Path) -> None:
    last = refused(write_config(workplace, tables="[tracking]\nuri = 'nonsense://nowhere'"))
    assert last.startswith("training: MLflow")
    assert "--resume" not in last


def test_a_disk_that_is_full_ends_a_run_that_can_go_on(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(SystemExit, match=r"^training: No space left on device$"), _interruptions(checkpoints):
        raise full
    checkpoints.write(Checkpoint({}, {}))
    with (
        pytest.raises(SystemExit, match=r"No space left on device\. --resume goes on from the last checkpoint"),
        _interruptions(checkpoints),
    ):
        raise full
