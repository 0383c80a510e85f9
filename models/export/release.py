"""python -m models.export.release NAME FOLDER: nets into a release, which `facetally models add` takes.

Without more arguments it is the release of the nets that come with the code.
"""

import argparse
import errno
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from models.export.openvino_model import write
from models.predict.classifier import AGE_GENDER, EMOTIONS, EXPRESSION, GENDERS, FaceClassifier
from models.predict.releases import self_test
from models.preprocess import CHIP_SIZE_PX, NET_SIZE_PX, Crops
from models.registry import CARDS_DIR, WEIGHTS_DIR, Accuracy, Card, WeightsError, load_net
from models.release import RELEASE_FILE, SELF_TEST_FILE, Name, Release, Tolerance, parse_card, released, to_toml
from models.runtime.exported import file_of

_SELF_TEST_FACES: Final = 8
_SEED: Final = 1
_SPOTS: Final = 9
# Between processors and runtimes there is a hundredth of a year, and a thousandth; between nets much more.
_TOLERANCE: Final = Tolerance(age_years=0.5, probability=0.02)
_FOLDER_MODE: Final = 0o755
_NAME: Final = TypeAdapter[str](Name)


def self_test_chips() -> NDArray[np.uint8]:
    """What nets are put to the test with: coloured spots. A release goes to many places, and carries nobody's face.

    Returns:
        (8, 144, 144, 3) uint8 RGB, always the same.
    """
    spots = np.random.default_rng(_SEED).integers(0, 256, (_SELF_TEST_FACES, _SPOTS, _SPOTS, 3), np.uint8)
    side = (CHIP_SIZE_PX, CHIP_SIZE_PX)
    return np.stack([np.asarray(cv2.resize(chip, side, interpolation=cv2.INTER_NEAREST), np.uint8) for chip in spots])


def write_release(
    folder: Path, name: str, cards: Sequence[Path], weights_dir: Path, made_from: str, figures: Sequence[Accuracy] = ()
) -> Release:
    """Write a release, all of it or nothing.

    Args:
        folder: to be made.
        name: of the release.
        cards: of a net for age and gender and of one for emotion, or of one net for all three.
        weights_dir: folder of their weights. What OpenVINO runs is exported where it is not there.
        made_from: a dataset, a run of training, in words.
        figures: how right it is; by default what the cards say.

    Raises:
        WeightsError: weights are missing, or not the ones on the cards, or the nets do not give what a release does.
        ValueError: the name, or a card, is none.
        OSError: a card cannot be read, the folder is there, or it cannot be made.
    """
    _check_name(name)
    if folder.exists():
        raise FileExistsError(errno.EEXIST, "is there already: choose another folder", str(folder))
    read = [_read_card(path) for path in cards]
    kind = _kind(read)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for path, card in zip(cards, read, strict=True):
            shutil.copyfile(path, draft / f"{card.name}.toml")
            _add_net(card, weights_dir, draft)
        release = _describe(draft, name, kind, read, made_from, figures)
        draft.chmod(_FOLDER_MODE)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft)
        raise
    return release


def _check_name(name: str) -> None:
    try:
        _NAME.validate_python(name)
    except ValidationError as error:
        raise ValueError(f"{name!r} is no name of a release: a-z, 0-9 and hyphens, 63 at most") from error


def _read_card(path: Path) -> Card:
    try:
        return parse_card(path.read_text())
    except ValueError as error:  # a ValidationError is a ValueError
        raise ValueError(f"{path} is no card of a net") from error


def _kind(cards: Sequence[Card]) -> Literal["pair", "multitask"]:
    """What they are together.

    Raises:
        WeightsError: they do not give everything, once.
    """
    given = [{*card.outputs} & {*GENDERS, *EMOTIONS} for card in cards]
    if given == [{*GENDERS}, {*EMOTIONS}]:
        return "pair"
    if given == [{*GENDERS, *EMOTIONS}]:
        return "multitask"
    nets = ", ".join(card.name for card in cards)
    raise WeightsError(f"{nets}: a release has a net of age and gender, then one of emotion, or one net of all three")


def _describe(
    folder: Path,
    name: str,
    kind: Literal["pair", "multitask"],
    read: Sequence[Card],
    made_from: str,
    figures: Sequence[Accuracy],
) -> Release:
    """Put the nets to the test, and write what the release is beside them."""
    classifiers = {crops: FaceClassifier.of_cards(tuple(read), folder, crops=crops) for crops in Crops}
    (folder / SELF_TEST_FILE).write_bytes(self_test(classifiers, self_test_chips()))
    release = Release(
        name=name,
        kind=kind,
        made_at=datetime.now(UTC).replace(microsecond=0),
        made_from=made_from,
        nets=tuple(card.name for card in read),
        tolerance=_TOLERANCE,
        figures=tuple(figures) or tuple(figure for card in read for figure in card.accuracy),
        files=tuple(released(path) for path in sorted(folder.iterdir())),
    )
    (folder / RELEASE_FILE).write_text(to_toml(release))
    return release


def _add_net(card: Card, weights_dir: Path, folder: Path) -> None:
    try:
        shutil.copyfile(weights_dir / card.weights.file, folder / card.weights.file)
    except FileNotFoundError as error:
        raise WeightsError(f"{weights_dir / card.weights.file} is not there") from error
    exported = file_of(card, weights_dir, int8=False)
    if exported.is_file():
        for suffix in (".xml", ".bin"):
            shutil.copyfile(exported.with_suffix(suffix), folder / exported.with_suffix(suffix).name)
    else:
        write(load_net(card, weights_dir), NET_SIZE_PX, card.weights.sha256, folder / exported.name)


def main() -> None:
    """Write a release, and say what comes next."""
    built_in = [CARDS_DIR / f"{name}.toml" for name in (AGE_GENDER, EXPRESSION)]
    parser = argparse.ArgumentParser(prog="python -m models.export.release", description="Nets into a release.")
    parser.add_argument("name", help="of the release, given once: a-z, 0-9 and hyphens")
    parser.add_argument("folder", type=Path, help="to be made")
    parser.add_argument("--card", type=Path, action="append", help="of each net, age and gender first")
    parser.add_argument("--weights", type=Path, default=WEIGHTS_DIR, help="folder of their weights")
    parser.add_argument("--made-from", default="the nets that come with the code", help="in words")
    asked = parser.parse_args()
    try:
        write_release(asked.folder, asked.name, asked.card or built_in, asked.weights, asked.made_from)
    except (WeightsError, ValueError) as error:
        sys.exit(f"models: {error}")
    except OSError as error:
        sys.exit(f"models: {error.filename or asked.folder}: {error.strerror}")
    print(f"{asked.folder} is the release {asked.name}: `facetally models add {asked.folder}`")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
