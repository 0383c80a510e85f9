"""What training leaves becomes a release that serves."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.models.data_sets import write_config

ROOT = Path(__file__).parents[3]
SERVE = """
import json, sys
from pathlib import Path
from models.predict.releases import load_release
from models.release import read
from tests.models.faces import reference_chips

folder = Path(sys.argv[1])
release, sha256 = read(folder)
classifier = load_release(folder, sha256)
said = classifier.predict(reference_chips())
alone = classifier.emotions(reference_chips())
print(json.dumps([release.kind, said.age_years.tolist(), said.emotion.tolist(), alone.tolist()]))
"""


def test_what_it_leaves_becomes_a_release_that_serves(workplace: Path) -> None:
    config = write_config(workplace, epochs=1)
    folder = workplace / "release"

    # Programs of their own, as in real life: OpenVINO in a process that has trained ends in a segmentation fault.
    def run(*words: str | Path) -> str:
        return subprocess.run(
            [sys.executable, *words], cwd=ROOT, check=True, timeout=100, capture_output=True, text=True
        ).stdout

    run("-m", "models.training", config)
    output = workplace / "run"
    (card,) = output.glob("*.toml")
    told = run("-m", "models.export.release", "trained", folder, "--card", card, "--weights", output)
    assert f"facetally models add {folder}" in told
    kind, ages, emotions, emotions_alone = json.loads(run("-c", SERVE, folder))
    assert kind == "multitask"
    assert np.isfinite(ages).all()
    np.testing.assert_array_equal(emotions, emotions_alone)
