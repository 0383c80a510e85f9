from pathlib import Path

import pytest

from models.evaluation import measurement
from models.evaluation.backgrounds import Backgrounds
from models.evaluation.dataset import read
from models.evaluation.detection import Extent
from models.evaluation.measurement import Results, Subjects, measure
from tests.models.evaluation.stand_ins import (
    ConstantClassifier,
    FixedFinder,
    MagentaFinder,
    no_progress,
    write_labelled_faces,
)


@pytest.fixture(scope="session")
def backgrounds() -> Backgrounds:
    return Backgrounds.load()


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_labelled_faces(tmp_path_factory.mktemp("labelled"))


@pytest.fixture(scope="session")
def results(labelled: Path) -> Results:
    """Of stand-ins: one finds every face, the other none; one classifier says the same of everybody."""
    subjects = Subjects(
        {"hog": FixedFinder(), "cnn": MagentaFinder()},
        "cnn",
        {"fast": ConstantClassifier(), "balanced": ConstantClassifier()},
        "balanced",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measurement, "FULL", Extent(per_condition=3, face_free=4))
        return measure(subjects, read(labelled), no_progress, fitted_on=True, quick=False)
