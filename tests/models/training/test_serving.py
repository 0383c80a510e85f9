"""What training leaves becomes a release that serves."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from models.predict.releases import load_release
from models.release import read
from tests.models.faces import reference_chips
from tests.models.training.data_sets import write_config

ROOT = Path(__file__).parents[3]


def test_what_it_leaves_becomes_a_release_that_serves(workplace: Path) -> None:
    config = write_config(workplace, epochs=1)
    folder = workplace / "release"

    def run(*words: str | Path) -> str:
        # Programs of their own: see tests/models/tiny_multitask.py.
        return subprocess.run(
            [sys.executable, "-m", *words], cwd=ROOT, check=True, timeout=100, capture_output=True, text=True
        ).stdout

    run("models.training", config)
    output = workplace / "run"
    (card,) = output.glob("*.toml")
    told = run("models.export.release", "trained", folder, "--card", card, "--weights", output)
    assert f"facetally models add {folder}" in told
    release, sha256 = read(folder)
    assert release.kind == "multitask"
    classifier = load_release(folder, sha256)
    said = classifier.predict(reference_chips())
    assert np.isfinite(said.age_years).all()
    np.testing.assert_array_equal(classifier.emotions(reference_chips()), said.emotion)
