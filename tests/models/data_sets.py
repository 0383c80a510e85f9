"""Small data sets of the reference's faces, each as many cameras would see it: shifted, darker, mirrored."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.dataset.face import Face, encode_chip
from models.dataset.manifest import About, write
from models.predict.classifier import EMOTIONS, GENDERS
from models.quality import Level
from tests.models.faces import reference_chips

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def variants(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """(count, 144, 144, 3) uint8 RGB."""
    generator = np.random.default_rng(seed)
    chips = reference_chips()
    found = np.empty((count, *chips.shape[1:]), np.uint8)
    for i in range(count):
        chip = np.roll(chips[i % len(chips)], generator.integers(-4, 5, 2), (0, 1)).astype(np.float64)
        found[i] = np.clip(chip * generator.uniform(0.7, 1.2) + generator.normal(0, 3, chip.shape), 0, 255)
    return found[:, :, ::-1] if seed % 2 else found


def face(number: int, chip: NDArray[np.uint8], **changed: object) -> Face:
    """One of eight people; a third of the faces are labelled, all were predicted."""
    person = number % 8
    gender = np.full(2, 0.1)
    gender[person % 2] = 0.9
    emotion = np.full(7, 0.05)
    emotion[person % 7] = 0.7
    given: dict[str, object] = {
        "face_id": f"face-{number:04d}",
        "chip": encode_chip(chip),
        "box": (10.0, 20.0, 90.0, 90.0),
        "photo": f"photos/europe/berlin-1/photo-{number // 2:04d}.jpg",
        "shop": "berlin-1",
        "camera": "berlin-1-exit",
        "captured_at": NOON + timedelta(seconds=number),
        "quality": Level.GOOD,
        "consent": True,
        "model_version": "face-api-1",
        "predicted_age_years": 20.0 + 6 * person,
        "predicted_gender": tuple(gender),
        "predicted_emotion": tuple(emotion),
    }
    if number % 3 == 0:
        given |= {
            "age_years": 20.0 + 6 * person,
            "gender": GENDERS[person % 2],
            "emotion": EMOTIONS[person % 7],
            "labelled_by": "annotator-1",
            "labelled_at": NOON,
        }
    return Face(**(given | changed))  # type: ignore[arg-type]


def faces(count: int) -> list[Face]:
    return [face(number, chip) for number, chip in enumerate(variants(count))]


def write_data_set(folder: Path, count: int) -> About:
    return write(folder, faces(count), name="eight-people", drawn_from="eight faces of a test", made_at=NOON)


CONFIG = """
name = "eight-people-net"
dataset = "faces"
output = "run"
architecture = "multitask_small_025"
licence = "MIT"
seed = 7
{more}

[optimisation]
epochs = {epochs}
batch_size = 16
warm_up_steps = 2
patience_epochs = 0
ema_decay = 0.9
learning_rate = {learning_rate}

[machine]
device = "cpu"
threads = 1
checkpoint_steps = 2
"""


def write_config(
    folder: Path, *, epochs: int = 3, learning_rate: float = 0.002, more: str = "", tables: str = ""
) -> Path:
    """A config beside the data set "faces"."""
    path = folder / "config.toml"
    path.write_text(CONFIG.format(epochs=epochs, learning_rate=learning_rate, more=more) + tables)
    return path
