"""Breaking a layer rule on purpose turns the linter red."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BREACHES = {
    "a service imports another": ("services/detect/handler.py", "import services.record.domain"),
    "a service in the flow knows the registry": ("services/record/__main__.py", "import services.estate.domain"),
    "rules touch the world": ("services/ingest/domain.py", "import aiohttp"),
    "a handler knows an adapter": (
        "services/classify/handler/estimating.py",
        "import services.classify.adapters.face_classifier",
    ),
    "an adapter knows a handler": ("services/record/adapters/postgres_tallies.py", "import services.record.handler"),
    "common knows a service": ("services/common/ids.py", "import services.ingest.domain"),
    "models know a service": ("models/predict/classifier.py", "import services.common.ids"),
    "serving pulls in importers": ("services/classify/__main__.py", "import models.importers.face_api"),
    "a module outside the shape": ("services/detect/helpers.py", ""),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": f"{folder}:{ROOT / 'proto/gen'}"},
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    leave = shutil.ignore_patterns("node_modules", "vendor", "weights", "__pycache__")
    for name in ("services", "models"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_code_keeps_the_rules(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_seen(copy: Path, breach: str) -> None:
    path, line = BREACHES[breach]
    with (copy / path).open("a") as file:
        file.write(f"\n{line}\n")
    result = lint(copy)
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout
