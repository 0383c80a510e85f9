"""Releases: complete, unchanged, and fit for service, or refused; one net or two."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray

from models.export.release import main, self_test_chips, write_release
from models.predict.classifier import EMOTIONS, GENDERS, FaceClassifier
from models.predict.releases import load_release
from models.preprocess import Crops
from models.registry import CARDS_DIR, WeightsError
from models.release import RELEASE_FILE, SELF_TEST_FILE, ReleaseError, parse, read, to_toml
from tests.models.faces import reference_chips
from tests.models.releases import change_self_test, pair_release, rewrite


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("releases") / "pair"
    pair_release(folder, "autumn")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "release"))


def loaded(folder: Path, crops: Crops = Crops.BALANCED) -> FaceClassifier:
    return load_release(folder, read(folder)[1], crops=crops)


def test_a_release_says_what_it_is_and_reads_as_it_was_written(folder: Path) -> None:
    release, sha256 = read(folder)
    assert (release.name, release.kind, release.nets) == (
        "autumn",
        "pair",
        ("face-api-age-gender", "face-api-expression"),
    )
    assert parse(to_toml(release).encode()) == release
    assert sha256 == hashlib.sha256((folder / RELEASE_FILE).read_bytes()).hexdigest()
    assert {file.path for file in release.files} == {path.name for path in folder.iterdir()} - {RELEASE_FILE}
    assert release.figures, "they are the cards'"


@pytest.mark.parametrize("crops", Crops)
def test_it_estimates_as_the_nets_that_it_was_made_of(made: Path, crops: Crops) -> None:
    chips = reference_chips()
    ours, theirs = loaded(made, crops), FaceClassifier.load(crops=crops)
    np.testing.assert_array_equal(ours.predict(chips).age_years, theirs.predict(chips).age_years)
    np.testing.assert_array_equal(ours.predict(chips).emotion, theirs.predict(chips).emotion)
    assert ours.version == f"autumn-{read(made)[1][:8]}-{crops}"


def test_nobodys_face_is_in_it(made: Path) -> None:
    chips = safetensors.numpy.load((made / SELF_TEST_FILE).read_bytes())["chips"]
    np.testing.assert_array_equal(chips, self_test_chips())


def test_the_digest_that_was_promoted_is_asked_for(folder: Path) -> None:
    with pytest.raises(ReleaseError, match="not the one that was promoted") as refused:
        load_release(folder, "0" * 64)
    assert refused.value.reason == "damaged"


def test_any_byte_of_any_file_that_was_changed_is_seen(made: Path, folder: Path) -> None:
    for file in read(made)[0].files:
        data = bytearray((folder / file.path).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / file.path).write_bytes(data)
        with pytest.raises(ReleaseError, match=file.path) as refused:
            loaded(folder)
        assert refused.value.reason == "damaged"
        data[len(data) // 2] ^= 1
        (folder / file.path).write_bytes(data)
    loaded(folder)
    (folder / "face-api-expression.bin").unlink()
    with pytest.raises(ReleaseError, match="cannot be read"):
        loaded(folder)


def swap_cards(folder: Path) -> None:
    one, two = (folder / f"face-api-{name}.toml" for name in ("age-gender", "expression"))
    text = one.read_text()
    one.write_text(two.read_text())
    two.write_text(text)


@pytest.mark.parametrize(
    ("spoil", "reason", "says"),
    [
        (change_self_test, "self_test", "its age_years"),
        (swap_cards, "unfit", "is the card of"),
        (lambda folder: (folder / SELF_TEST_FILE).write_bytes(b"\x80\x04K\x01."), "unfit", "cannot be read"),
        (lambda folder: (folder / "face-api-expression.toml").write_text("name = 1"), "unfit", "no card"),
        (lambda folder: (folder / "face-api-expression.xml").write_text("<net/>"), "unfit", "cannot be loaded"),
        (
            lambda folder: shutil.copy(folder / "face-api-age-gender.bin", folder / "face-api-expression.bin"),
            "unfit",
            "cannot be loaded",
        ),
    ],
)
def test_a_release_that_is_not_fit_for_service_is_refused(
    folder: Path, spoil: Callable[[Path], object], reason: str, says: str
) -> None:
    spoil(folder)
    rewrite(folder)
    with pytest.raises(ReleaseError, match=says) as refused:
        loaded(folder)
    assert refused.value.reason == reason


def test_a_self_test_that_is_not_a_number_is_never_passed(folder: Path) -> None:
    file = folder / SELF_TEST_FILE
    tensors = safetensors.numpy.load(file.read_bytes())
    tensors["balanced.emotion"] = np.full_like(tensors["balanced.emotion"], np.nan)
    file.write_bytes(safetensors.numpy.save(tensors))
    rewrite(folder)
    with pytest.raises(ReleaseError, match="its emotion"):
        loaded(folder)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('kind = "pair"', 'kind = "landmarks"', "kind"),
        ('kind = "pair"', 'kind = "multitask"', "has 1 nets"),
        ('path = "face-api-expression.bin"', 'path = "../face-api-expression.bin"', "path"),
        ('path = "face-api-expression.bin"', 'path = "weights.pkl"', "path"),
        ('path = "face-api-expression.bin"', 'path = "face-api-expression.xml"', "named once"),
        ('path = "self_test.safetensors"', 'path = "self_test.bin"', "missing: self_test.safetensors"),
        ('name = "autumn"', 'name = "../autumn"', "name"),
        ('name = "autumn"', 'name = "autumn"\ncode = "import os"', "code"),
        ('name = "autumn"', "name = autumn", "no TOML"),
        ('name = "autumn"', 'name = "built-in"', "come with the code"),
        ("age_years = 0.5", "age_years = inf", "age_years"),
        ("age_years = 0.5", "age_years = 1000.0", "age_years"),
        ("probability = 0.02", "probability = 1.0", "probability"),
    ],
)
def test_a_release_toml_that_makes_no_sense_is_refused(made: Path, before: str, after: str, says: str) -> None:
    text = (made / RELEASE_FILE).read_text()
    assert before in text
    with pytest.raises(ReleaseError, match=says) as refused:
        parse(text.replace(before, after, 1).encode())
    assert refused.value.reason == "unfit"


ROOT = Path(__file__).parents[2]
PAIR = [CARDS_DIR / "face-api-age-gender.toml", CARDS_DIR / "face-api-expression.toml"]
CARD = """
name = "tiny"
architecture = "tiny"
outputs = {outputs}
licence = "MIT"
accuracy = []

[preprocessing]
crop = "face-chip"
padding = 0.2
side_px = 112
mean_rgb = [0, 0, 0]
scale = 255

[source]
package = "tiny"
registry = "pypi"
version = "1"
url = "https://example.com"
training_data = "none"
files = {{ "a" = "{zeros}" }}

[weights]
file = "tiny.safetensors"
sha256 = "{sha256}"

[emotion_calibration]
temperature = 2
fitted_on = "nothing"

[looks]
fast = [[112, false]]
balanced = [[112, false], [112, true]]
thorough = [[104, false], [144, false]]

[caveats]
text = "It knows colours."
"""


def multitask(tmp_path: Path, outputs: list[str]) -> Path:
    weights = safetensors.numpy.save({"none": np.zeros(1, np.float32)})
    (tmp_path / "tiny.safetensors").write_bytes(weights)
    sha256 = hashlib.sha256(weights).hexdigest()
    command = [sys.executable, "-m", "tests.models.tiny_multitask", str(tmp_path / "tiny.xml"), sha256]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
    text = CARD.format(outputs=json.dumps(outputs), zeros="0" * 64, sha256=sha256)
    (tmp_path / "tiny.toml").write_text(text)
    write_release(tmp_path / "release", "one-net", [tmp_path / "tiny.toml"], tmp_path, "a test")
    return tmp_path / "release"


def test_one_net_estimates_everything_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = multitask(tmp_path, ["male", "female", *EMOTIONS])
    release, _ = read(folder)
    assert (release.kind, release.nets) == ("multitask", ("tiny",))
    classifier = loaded(folder)
    runs: list[int] = []
    net = classifier._age_gender

    def counted(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        runs.append(len(images))
        return net(images)

    monkeypatch.setattr(classifier, "_age_gender", counted)
    monkeypatch.setattr(classifier, "_expression", counted)
    chips = np.zeros((3, 144, 144, 3), np.uint8)
    chips[..., 0], chips[..., 1], chips[..., 2] = 51, 102, 255
    said = classifier.predict(chips)
    assert runs == [6], "three faces, two looks each, once"
    np.testing.assert_allclose(said.age_years, 20, atol=1e-3)
    np.testing.assert_allclose(said.gender[:, GENDERS.index("male")], 1 / (1 + np.exp(-0.8)), atol=1e-4)
    logits = np.arange(7) / 2
    np.testing.assert_allclose(said.emotion[0], np.exp(logits) / np.exp(logits).sum(), atol=1e-4)
    others = chips.copy()
    others[..., 0] = 255
    np.testing.assert_allclose(classifier.ages_and_genders(others).age_years, 100, atol=1e-3)
    assert classifier.emotions(chips[:2]).shape == (2, 7)
    assert runs == [6, 6, 4]


def test_a_net_that_gives_something_else_is_no_classifier(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="tiny: a release has a net of"):
        multitask(tmp_path, ["male", "female", "happiness"])


def test_weights_that_are_not_those_of_the_card_make_no_release(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is not there"):
        write_release(tmp_path / "a", "a", PAIR, tmp_path, "a test")
    assert list(tmp_path.iterdir()) == [], "the corrected command finds nothing in its way"


@pytest.mark.parametrize(
    ("name", "cards", "says"),
    [
        ("Autumn 1", PAIR, "'Autumn 1' is no name of a release"),
        ("autumn", [Path("nowhere.toml")], "models: nowhere.toml: No such file"),
        ("autumn", [Path(__file__)], "test_release.py is no card of a net"),
        ("autumn", PAIR[::-1], "then one of emotion, or one net of all three"),
        ("autumn", PAIR[:1] * 2, "face-api-age-gender, face-api-age-gender: a release has"),
    ],
)
def test_what_makes_no_release_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, cards: list[Path], says: str
) -> None:
    words = [word for card in cards for word in ("--card", str(card))]
    monkeypatch.setattr(sys, "argv", ["release", name, str(tmp_path / "release"), *words])
    with pytest.raises(SystemExit, match=re.escape(says)):
        main()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["release", "autumn", str(tmp_path)])
    with pytest.raises(SystemExit, match="is there already: choose another folder"):
        main()
