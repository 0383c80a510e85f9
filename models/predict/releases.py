"""Releases for serving: a folder in, a classifier out, once it has said of a few faces what its exporter was told of them."""

from pathlib import Path
from typing import Final

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from models.predict.classifier import FaceClassifier
from models.preprocess import CHIP_SIZE_PX, Crops
from models.registry import WeightsError
from models.release import SELF_TEST_FILE, Release, ReleaseError, check, read, read_cards
from models.runtime import Device

_VERSION_DIGITS: Final = 8
_CHIPS: Final = "chips"


def load_release(
    folder: Path, sha256: str, device: Device = "cpu", *, crops: Crops = Crops.BALANCED, threads: int = 1
) -> FaceClassifier:
    """Check a release's files, load its nets, and put them to the test.

    Args:
        folder: of the release.
        sha256: of its release.toml: the one that was promoted.
        device: where to run.
        crops: how many looks each face gets.
        threads: of the processor that a net may use.

    Raises:
        ReleaseError: it is not the release, or cannot be loaded, or says something else than it should.
        RuntimeError: CUDA is asked for and not there.
    """
    release, found = read(folder)
    if found != sha256:
        raise ReleaseError("damaged", "release.toml is not the one that was promoted")
    check(folder, release)
    cards = read_cards(folder, release)
    name = f"{release.name}-{sha256[:_VERSION_DIGITS]}"
    try:
        classifier = FaceClassifier.of_cards(cards, folder, device, crops=crops, threads=threads, name=name)
    except (WeightsError, ValueError, IndexError) as error:  # the latter: other outputs than the card says
        raise ReleaseError("unfit", f"its nets cannot be loaded: {error}") from error
    _put_to_the_test(classifier, folder / SELF_TEST_FILE, release, crops)
    return classifier


def self_test(classifiers: dict[Crops, FaceClassifier], chips: NDArray[np.uint8]) -> bytes:
    """What a release's nets say of a few faces, as safetensors.

    Args:
        classifiers: the same nets, by how many looks each face gets.
        chips: (n, 144, 144, 3) uint8 RGB.
    """
    tensors: dict[str, NDArray[np.generic]] = {_CHIPS: chips}
    for crops, classifier in classifiers.items():
        tensors |= {f"{crops}.{name}": column for name, column in _columns(classifier, chips).items()}
    return safetensors.numpy.save(tensors)


def _columns(classifier: FaceClassifier, chips: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    said = classifier.predict(chips)
    columns = {"age_years": said.age_years, "gender": said.gender, "emotion": said.emotion}
    # safetensors writes memory as it lies, whatever the array's order is.
    return {name: np.ascontiguousarray(column) for name, column in columns.items()}


def _put_to_the_test(classifier: FaceClassifier, file: Path, release: Release, crops: Crops) -> None:
    try:
        expected = safetensors.numpy.load(file.read_bytes())
        chips = expected[_CHIPS]
        wanted = {name: expected[f"{crops}.{name}"] for name in ("age_years", "gender", "emotion")}
    except (OSError, KeyError, safetensors.SafetensorError) as error:
        raise ReleaseError("unfit", f"{SELF_TEST_FILE} cannot be read") from error
    if chips.dtype != np.uint8 or chips.shape[1:] != (CHIP_SIZE_PX, CHIP_SIZE_PX, 3) or not len(chips):
        raise ReleaseError("unfit", f"{SELF_TEST_FILE} has no chips")
    for name, column in _columns(classifier, chips).items():
        tolerance = release.tolerance.age_years if name == "age_years" else release.tolerance.probability
        # NaN is never close to anything.
        if column.shape != wanted[name].shape or not np.allclose(column, wanted[name], rtol=0, atol=tolerance):
            raise ReleaseError("self_test", f"its {name} of the self-test is not what was measured when it was made")
