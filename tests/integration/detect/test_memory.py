"""Photos that are made to fill the memory: none takes more than a look is meant to cost."""

import io
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.predict.finder import FaceFinder
from services.detect.adapters.face_detector import Asked, FaceDetector
from services.detect.domain import SMALLEST_ASKED_PX, Look, Sighting

MIB = 1 << 20
CLOSEST = Look(SMALLEST_ASKED_PX, 100_000_000, is_question=True)
# Beyond what the models take. Measured: 157 for a photo of 1920 x 1080 pixels.
MOST_MIB = 420
# A progressive JPEG is put together in full size before it is scaled, with 16 bits for each sample. Measured: 613.
MOST_PROGRESSIVE_MIB = 800


def saved(mode: str, size: tuple[int, int], kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 128).save(buffer, kind, **options)
    return buffer.getvalue()


def memory(name: str) -> int:
    """Of this process, MiB: VmRSS is what it has, VmHWM the most it had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(name))
    return int(line.split()[1]) * 1024 // MIB


def growth(photo: bytes) -> tuple[int, tuple[int, int]]:
    """MiB that the closest look takes at its worst, and the size of the photo; runs in a process of its own."""
    detector = FaceDetector(FaceFinder.load())
    detector.look([Asked(saved("RGB", (64, 64), "JPEG"), CLOSEST)])
    before = memory("VmRSS")
    (sighting,) = detector.look([Asked(photo, CLOSEST)])
    assert isinstance(sighting, Sighting), sighting
    return memory("VmHWM") - before, (sighting.width_px, sighting.height_px)


def measured(photo: bytes) -> tuple[int, tuple[int, int]]:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(growth, (photo,))


@pytest.mark.parametrize(
    ("mode", "size", "kind"),
    [
        ("RGB", (1, 1), "JPEG"),
        ("RGB", (1920, 1080), "JPEG"),
        ("RGB", (10_000, 10_000), "JPEG"),
        ("RGB", (30_000, 60), "JPEG"),
        ("RGB", (60, 30_000), "JPEG"),
        ("RGB", (65_500, 1500), "JPEG"),
        ("RGB", (65_500, 1), "JPEG"),
        ("RGBA", (5000, 5000), "PNG"),
        ("L", (65_535, 381), "PNG"),
        ("L", (65_535, 1), "PNG"),
        ("L", (5000, 5000), "GIF"),
        ("RGB", (5000, 5000), "BMP"),
    ],
)
def test_the_closest_look_at_a_photo_of_any_size_is_bounded(mode: str, size: tuple[int, int], kind: str) -> None:
    most, seen = measured(saved(mode, size, kind))
    assert seen == size
    assert most < MOST_MIB


def test_so_it_is_where_a_jpeg_is_progressive() -> None:
    most, _ = measured(saved("RGB", (10_000, 10_000), "JPEG", progressive=True, subsampling=0))
    assert most < MOST_PROGRESSIVE_MIB


def test_photos_of_ever_other_sizes_do_not_fill_it() -> None:
    """OpenVINO would keep what it has prepared for each size: 0.7 MiB."""
    with get_context("spawn").Pool(1) as pool:
        assert pool.apply(growth_of_many) < 40


def growth_of_many() -> int:
    detector = FaceDetector(FaceFinder.load())
    chance = np.random.default_rng(0)

    def look(photos: int) -> int:
        for width, height in chance.integers(100, 300, (photos, 2)).tolist():
            detector.look([Asked(saved("RGB", (width, height), "JPEG"), Look(80, 100_000_000, is_question=True))])
        return memory("VmRSS")

    before = look(100)
    return look(200) - before
