"""Faces come in an order, and are changed in ways, that follow from the seed and the place alone."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from models.dataset.face import ManifestError, Split
from models.dataset.manifest import Dataset, read, write
from models.preprocess import NET_SIZE_PX, Crop, crops
from models.training.config import Sampling
from models.training.data import ChangedFaces, Faces, Purpose, changes, draws, rarity, seeded, seeds
from models.training.losses import Targets
from tests.models.data_sets import NOON, face, faces, variants

STILL = Sampling(mirror=0, roll_deg=0, shift=0, scale=0, light=0, jpeg_share=0, blur_share=0, erase_share=0)


@pytest.fixture(scope="module")
def train(data_set: Dataset) -> Faces:
    return Faces(data_set, Split.TRAIN)


def test_without_changes_the_net_sees_what_it_sees_in_service(train: Faces) -> None:
    seen, row = ChangedFaces(train, STILL)[draws(train, STILL, 1, 0)[5]]
    expected = crops(train.chip(row)[None], (Crop(NET_SIZE_PX),))[0]
    assert np.array_equal(seen.permute(1, 2, 0).numpy(), expected)
    assert np.array_equal(train.crops([row], NET_SIZE_PX)[0].permute(1, 2, 0).numpy(), expected)


def test_changes_follow_from_the_seed_and_touch_no_other_random_numbers(train: Faces) -> None:
    changed = ChangedFaces(train, Sampling())
    draw, other = draws(train, Sampling(), 1, 0)[:2]
    torch.manual_seed(5)
    before = torch.rand(3)
    torch.manual_seed(5)
    first, _ = changed[draw]
    assert torch.equal(torch.rand(3), before)
    random.seed(9)
    torch.manual_seed(99)
    assert torch.equal(changed[draw][0], first)
    assert not torch.equal(changed[draw._replace(seed=other.seed)][0], first)
    assert first.shape == (3, NET_SIZE_PX, NET_SIZE_PX)
    assert first.dtype == torch.uint8


@pytest.mark.parametrize(
    "name", ["mirror", "jpeg_share", "blur_share", "erase_share", "light", "roll_deg", "shift", "scale"]
)
def test_each_change_does_something(train: Faces, name: str) -> None:
    values = {each: getattr(STILL, each) for each in STILL.__dataclass_fields__}
    only = Sampling(**values | {name: {"roll_deg": 20.0, "shift": 0.1, "scale": 0.2}.get(name, 1.0)})
    chip = torch.from_numpy(train.chip(0)).permute(2, 0, 1)
    assert not torch.equal(seeded(changes(only), chip, 3), seeded(changes(STILL), chip, 3))


def test_a_wider_crop_is_scaled_to_what_the_net_takes(train: Faces) -> None:
    wide = Sampling(crop_px=144)
    assert ChangedFaces(train, wide)[draws(train, wide, 1, 0)[0]][0].shape == (3, NET_SIZE_PX, NET_SIZE_PX)


def test_without_balance_every_face_comes_once_in_another_order_each_epoch(train: Faces) -> None:
    plain = Sampling(balance=0)
    first, second = ([each.row for each in draws(train, plain, 1, epoch)] for epoch in range(2))
    assert sorted(first) == sorted(second) == list(range(len(train)))
    assert first != second
    assert draws(train, plain, 1, 0) == draws(train, plain, 1, 0)
    assert draws(train, plain, 2, 0) != draws(train, plain, 1, 0)


def test_each_purpose_and_place_has_seeds_of_its_own() -> None:
    found = {int(each) for purpose in Purpose for epoch in range(5) for each in seeds(20, 1, purpose, epoch)}
    assert len(found) == len(Purpose) * 5 * 20


def targets(genders: list[int]) -> Targets:
    count = len(genders)
    unknown = torch.full((count,), float("nan"))
    return Targets(
        unknown,
        torch.tensor(genders),
        torch.full((count,), -1),
        unknown,
        torch.full((count, 2), float("nan")),
        torch.full((count, 7), float("nan")),
    )


@pytest.mark.parametrize(("power", "times"), [(1.0, 4.0), (0.5, 2.0)])
def test_rare_classes_are_drawn_more_often(power: float, times: float) -> None:
    found = rarity(targets([0] * 8 + [1] * 2 + [-1]), power)
    assert found[8] / found[0] == pytest.approx(times)
    assert found[10] == 1.0


def test_balanced_classes_come_about_as_often(tmp_path: Path) -> None:
    chips = variants(1)
    gender = {True: (0.9, 0.1), False: (0.1, 0.9)}
    written = [
        face(
            i,
            chips[0],
            photo=f"{i}",
            predicted_gender=gender[i % 8 == 0],
            predicted_age_years=30.0,
            predicted_emotion=None,
        )
        for i in range(800)
        if i % 3
    ]
    write(tmp_path / "faces", written, name="uneven", drawn_from="one face", made_at=NOON)
    train = Faces(read(tmp_path / "faces"), Split.TRAIN)
    # Ages are all the same, so that half of a face's weight is 1.
    female = train.targets.soft_gender[:, 0] > 0.5
    drawn = [each.row for each in draws(train, Sampling(balance=1), 1, 0)]
    assert float(female.float().mean()) < 0.15
    assert float(female[drawn].float().mean()) == pytest.approx(0.5 * 0.125 + 0.5 * 0.5, abs=0.08)


def test_whoever_did_not_agree_is_never_trained_on(tmp_path: Path) -> None:
    some = [each if i % 2 else face(i, variants(1)[0], consent=False) for i, each in enumerate(faces(40))]
    write(tmp_path / "faces", some, name="some", drawn_from="eight faces", made_at=NOON)
    dataset = read(tmp_path / "faces")
    train = Faces(dataset, Split.TRAIN)
    assert len(train) == sum(each.consent for each in dataset.of(Split.TRAIN))
    assert train.without_consent > 0
    nobody = [face(i, variants(1)[0], consent=False) for i in range(40)]
    write(tmp_path / "nobody", nobody, name="nobody", drawn_from="eight faces", made_at=NOON)
    with pytest.raises(ManifestError, match="none with consent"):
        Faces(read(tmp_path / "nobody"), Split.TRAIN)


def test_labels_and_predictions_are_told_apart(data_set: Dataset, train: Faces) -> None:
    for i, each in enumerate(data_set.of(Split.TRAIN)):
        assert bool(train.targets.age_years[i].isnan()) == (each.age_years is None)
        assert (int(train.targets.gender[i]) == -1) == (each.gender is None)
        assert float(train.targets.soft_age_years[i]) == each.predicted_age_years
    assert train.model_versions == ["face-api-1"]


def test_a_damaged_chip_is_told(tmp_path: Path) -> None:
    good = faces(40)
    torn = [face(i, variants(1)[0], photo=each.photo) for i, each in enumerate(good)]
    cut = [
        type(each)(**{name: getattr(each, name) for name in each.__slots__} | {"chip": each.chip[:60]}) for each in torn
    ]
    write(tmp_path / "faces", cut, name="torn", drawn_from="eight faces", made_at=NOON)
    with pytest.raises(ManifestError, match="damaged"):
        Faces(read(tmp_path / "faces"), Split.TRAIN).chip(0)
