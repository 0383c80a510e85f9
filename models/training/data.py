"""Faces as a net is given them: in an order, and changed in ways, that follow from the seed alone.

Nothing depends on what was drawn before: a run that goes on after a kill sees the same faces as one that was never stopped.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

import cv2
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils import data
from torchvision.transforms import v2  # type: ignore[import-untyped]

from models.dataset.face import ManifestError, Split, decode_chip
from models.dataset.manifest import Dataset
from models.predict.classifier import EMOTIONS, GENDERS
from models.preprocess import NET_SIZE_PX, Crop, crops
from models.training.config import Sampling
from models.training.losses import Targets

_BAND_YEARS: Final = 10.0
_GREY: Final = 128.0
_JPEG_QUALITY: Final = (40, 96)


class Purpose(IntEnum):
    """What a random number is for: each has a stream of its own."""

    ORDER = 0
    CHANGES = 1
    NET = 2


class Draw(NamedTuple):
    """One face of an epoch.

    Args:
        row: which one.
        seed: of how it is changed.
    """

    row: int
    seed: int


def seeds(count: int, seed: int, purpose: Purpose, *place: int) -> NDArray[np.uint64]:
    """Seeds (count,) for a purpose at a place of the run, an epoch and a step for example."""
    return np.asarray(np.random.SeedSequence((seed, purpose, *place)).generate_state(count, np.uint64), np.uint64)


class Faces:
    """The faces of one split whose people agreed to it."""

    def __init__(self, dataset: Dataset, split: Split) -> None:
        """Take them out of a data set.

        Raises:
            ManifestError: there are none.
        """
        everybody = dataset.of(split)
        self._table = everybody.table.filter(everybody.table["consent"])
        if not len(self):
            raise ManifestError(
                f"{dataset.about.name} has no faces to use in the split {split}: {len(everybody)} are there, none with consent"
            )
        self.without_consent = len(everybody) - len(self)
        self.targets = _targets(self._table)
        versions: list[str | None] = pc.unique(self._table["model_version"]).to_pylist()
        self.model_versions = sorted(version for version in versions if version is not None)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def chip(self, row: int) -> NDArray[np.uint8]:
        """A chip, (144, 144, 3) uint8 RGB.

        Raises:
            ManifestError: it is damaged.
        """
        return decode_chip(self._table["chip"][row].as_py())

    def crops(self, rows: Sequence[int], crop_px: int) -> Tensor:
        """What a net looks at in service, (n, 3, 112, 112) uint8."""
        chips = np.stack([self.chip(row) for row in rows])
        return torch.from_numpy(crops(chips, (Crop(crop_px),))).permute(0, 3, 1, 2)


class ChangedFaces(data.Dataset[tuple[Tensor, int]]):
    """Faces as they are trained on; indexed by `Draw`."""

    def __init__(self, faces: Faces, sampling: Sampling) -> None:
        self._faces = faces
        self._change = changes(sampling)

    def __getitem__(self, draw: Draw) -> tuple[Tensor, int]:
        chip = torch.from_numpy(self._faces.chip(draw.row)).permute(2, 0, 1).contiguous()
        return seeded(self._change, chip, draw.seed), draw.row


class Recompressed(nn.Module):
    """An image (3, h, w) uint8 after JPEG of a random quality. torchvision's own is deprecated."""

    def forward(self, image: Tensor) -> Tensor:
        """Encode and decode."""
        quality = int(torch.randint(*_JPEG_QUALITY, ()))
        bgr = image.flip(0).permute(1, 2, 0).contiguous().numpy()
        _, jpeg = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, quality))
        decoded = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        assert decoded is not None
        return torch.from_numpy(decoded).permute(2, 0, 1).flip(0)


def seeded(change: v2.Transform, image: Tensor, seed: int) -> Tensor:
    """What a transform makes of an image with this seed; other random numbers stay as they are."""
    state = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    try:
        changed: Tensor = change(image)
    finally:
        torch.set_rng_state(state)
    return changed


def changes(sampling: Sampling) -> v2.Transform:
    """What is done to a chip (3, 144, 144) uint8 to make the net's input (3, 112, 112) of it."""
    steps: list[v2.Transform] = [
        v2.RandomAffine(
            sampling.roll_deg,
            (sampling.shift, sampling.shift),
            (1 - sampling.scale, 1 + sampling.scale),
            interpolation=v2.InterpolationMode.BILINEAR,
        ),
        v2.CenterCrop(sampling.crop_px),
    ]
    if sampling.crop_px != NET_SIZE_PX:
        steps.append(v2.Resize(NET_SIZE_PX, antialias=False))
    steps += [
        v2.RandomHorizontalFlip(sampling.mirror),
        v2.ColorJitter(sampling.light, sampling.light, sampling.light),
        v2.RandomApply([v2.GaussianBlur(5, (0.3, 1.5))], sampling.blur_share),
        v2.RandomApply([Recompressed()], sampling.jpeg_share),
        v2.RandomErasing(sampling.erase_share, scale=(0.02, 0.15), value=_GREY),
    ]
    return v2.Compose(steps)


def draws(faces: Faces, sampling: Sampling, seed: int, epoch: int) -> list[Draw]:
    """The faces of an epoch, as many as there are."""
    generator = np.random.default_rng(seeds(4, seed, Purpose.ORDER, epoch))
    if sampling.balance:
        weights = rarity(faces.targets, sampling.balance)
        rows = generator.choice(len(faces), len(faces), p=weights / weights.sum())
    else:
        rows = generator.permutation(len(faces))
    changed = seeds(len(faces), seed, Purpose.CHANGES, epoch)
    return [Draw(int(row), int(each) >> 1) for row, each in zip(rows, changed, strict=True)]


def rarity(targets: Targets, power: float) -> NDArray[np.float64]:
    """How often each face is drawn, (n,): the mean, over what is known of it, of how rare its class is, to a power."""
    sums, known_of = np.zeros(len(targets.gender)), np.zeros(len(targets.gender))
    for classes in _classes(targets):
        known = classes >= 0
        counts = np.bincount(classes[known]).astype(np.float64)
        present = max(1, np.count_nonzero(counts))
        sums[known] += (known.sum() / present / counts[classes[known]]) ** power
        known_of += known
    return np.where(known_of > 0, sums / np.maximum(known_of, 1), 1.0)


def _classes(targets: Targets) -> Iterator[NDArray[np.int64]]:
    """Of each task the class of each face, by its label, otherwise by what was predicted, otherwise -1."""
    ages = torch.where(targets.age_years.isnan(), targets.soft_age_years, targets.age_years).numpy()
    yield np.where(np.isnan(ages), -1, np.nan_to_num(ages) // _BAND_YEARS).astype(np.int64)
    for label, soft in ((targets.gender, targets.soft_gender), (targets.emotion, targets.soft_emotion)):
        predicted = np.where(soft.isnan().any(1).numpy(), -1, soft.nan_to_num().argmax(1).numpy())
        yield np.where(label.numpy() >= 0, label.numpy(), predicted).astype(np.int64)


def _targets(table: pa.Table) -> Targets:
    def numbers(name: str) -> Tensor:
        return torch.tensor([float("nan") if value is None else value for value in table[name].to_pylist()])

    def classes(name: str, known: tuple[str, ...]) -> Tensor:
        return torch.tensor([-1 if value is None else known.index(value) for value in table[name].to_pylist()])

    def probabilities(name: str, count: int) -> Tensor:
        unknown = [float("nan")] * count
        return torch.tensor([unknown if value is None else value for value in table[name].to_pylist()])

    return Targets(
        age_years=numbers("age_years"),
        gender=classes("gender", GENDERS),
        emotion=classes("emotion", EMOTIONS),
        soft_age_years=numbers("predicted_age_years"),
        soft_gender=probabilities("predicted_gender", len(GENDERS)),
        soft_emotion=probabilities("predicted_emotion", len(EMOTIONS)),
    )
