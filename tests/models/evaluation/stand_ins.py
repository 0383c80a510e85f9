"""Small stand-ins for what is measured, and labelled faces that they know: magenta squares on backgrounds that have none."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.evaluation.dataset import LABELS
from models.predict.classifier import EMOTIONS, GENDERS

CHIP = np.zeros((144, 144, 3), np.uint8)
_LEAST_AREA_PX = 1500


@dataclass(frozen=True, slots=True)
class Quality:
    level: str = "good"


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    left_px: float
    top_px: float
    width_px: float
    height_px: float
    quality: Quality = field(default_factory=Quality)
    chip: NDArray[np.uint8] = field(default_factory=lambda: CHIP)


class MagentaFinder:
    """Finds magenta areas, and nothing else."""

    def find(self, rgb: NDArray[np.uint8], full_px: tuple[int, int]) -> list[Face]:
        red, green, blue = (rgb[..., channel].astype(int) for channel in range(3))
        mask = ((red > 3 * green + 10) & (blue > 3 * green + 10)).astype(np.uint8)
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8)), np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        scale = full_px[0] / rgb.shape[0]
        boxes = [
            [float(side) * scale for side in row[:4]] for row in stats[1:] if row[cv2.CC_STAT_AREA] > _LEAST_AREA_PX
        ]
        return [Face(*box) for box in boxes]


class FixedFinder:
    """Finds the same faces in every photo."""

    def __init__(self, *faces: Face) -> None:
        self._faces = list(faces)

    def find(self, rgb: NDArray[np.uint8], full_px: tuple[int, int]) -> list[Face]:
        return self._faces


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    age_years: NDArray[np.float32]
    age_low_years: NDArray[np.float32]
    age_high_years: NDArray[np.float32]
    gender: NDArray[np.float32]
    emotion: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class RawEstimated:
    age_years: NDArray[np.float32]
    gender_logits: NDArray[np.float32]
    emotion_logits: NDArray[np.float32]


class ConstantClassifier:
    """Takes everybody for a happy woman of 30, give or take 12 years."""

    def predict(self, chips: NDArray[np.uint8]) -> Estimated:
        def column(value: float) -> NDArray[np.float32]:
            return np.full(len(chips), value, np.float32)

        gender = np.tile(np.array((0.9, 0.1), np.float32), (len(chips), 1))
        emotion = np.tile(np.array((0.1, 0.7, 0.05, 0.05, 0.05, 0.03, 0.02), np.float32), (len(chips), 1))
        return Estimated(column(30), column(18), column(42), gender, emotion)

    def raw(self, chips: NDArray[np.uint8]) -> RawEstimated:
        estimated = self.predict(chips)
        return RawEstimated(estimated.age_years, 2 * np.log(estimated.gender), 2 * np.log(estimated.emotion))


def no_progress(description: str, total: int) -> Callable[[int], None]:
    return lambda done: None


def write_labelled_faces(folder: Path, people: int = 40, moods: int = 28) -> Path:
    """A folder laid out as the evaluation set, its faces being magenta squares."""
    rng = np.random.default_rng(5)
    aged = [
        {
            "file": f"a{i}.png",
            "age": str(int(rng.integers(1, 90))),
            "gender": GENDERS[i // 2 % 2],
            "group": ("white", "black", "asian", "indian", "other")[i % 5],
        }
        for i in range(people)
    ]
    moody = [
        {"file": f"e{i}.png", "emotion": EMOTIONS[i // 2 % 7], "source": ("web", "fer2013")[i % 2]}
        for i in range(moods)
    ]
    for name, lines in (("age_gender", aged), ("emotion", moody)):
        (folder / name).mkdir(parents=True)
        with (folder / name / LABELS).open("w", newline="") as file:
            writer = csv.DictWriter(file, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
        for line in lines:
            Image.fromarray(magenta(60, 60)).save(folder / name / line["file"])
    return folder


def magenta(width_px: int, height_px: int) -> NDArray[np.uint8]:
    return np.tile(np.array((220, 20, 220), np.uint8), (height_px, width_px, 1))
