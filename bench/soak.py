"""Does memory grow? Detect and classify over very many photos in one process, and how much memory it holds.

What the services run, `FaceDetector.look` and then `FaceClassifier.predict`, looks at photos that come round in hundreds:

- 97 are the demo photos, 640 pixels wide: a third of their size, and so cheap enough for a hundred thousand. Faces are
  looked for from 80 pixels on instead of 200, so that detection works at about its usual scale;
- one is a demo photo of full size;
- one has a size that no other has: the net for all sizes looks at it;
- one is damaged: a demo photo of 640 pixels with nonsense in the middle, or, in turns, only its first 300 bytes.

Each face gets the fast crops, one for each net, to save time: more of them are more images of the same size.

Resident memory is noted every 1,000 photos, from the first 1,000 on. Growth is the slope of the line through these
figures, and of the one through those of the second half alone. Ctrl-C ends it early, with what was measured so far.
"""

import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import cv2
import numpy as np
import psutil
import simplejpeg
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from models.predict.boxes import Method
from models.predict.classifier import FaceClassifier
from models.predict.finder import FaceFinder
from models.preprocess import CHIP_SIZE_PX, Crops
from models.registry import WeightsError
from services.demo.domain import PHOTOS
from services.detect.adapters.face_detector import Asked, FaceDetector
from services.detect.domain import Look, Sighting
from services.detect.settings import FinderSettings

FOLDER: Final = Path(__file__).parents[1] / "demo_photos"
SAMPLE_EVERY: Final = 1_000
SHOWN: Final = (1_000, 10_000, 25_000, 50_000, 75_000, 100_000)
MIN_FACE_PX: Final = 80
_SMALL_WIDTH_PX: Final = 640
# Places in each hundred.
_FULL, _ODD, _DAMAGED = 0, 33, 66
# The least size of an odd photo, and of how many others each side is one: 60,000 sizes before one comes again.
_ODD_LEAST_PX, _ODD_WIDTHS, _ODD_HEIGHTS = 200, 300, 200
_NONSENSE_BYTES: Final = 200
_HEAD_BYTES: Final = 300
_QUALITY: Final = 90
_MIB: Final = 1 << 20
console = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """Resident memory after so many photos."""

    photos: int
    rss: int


class Stream:
    """The photos, by their number."""

    def __init__(self, demo_photos: Sequence[bytes]) -> None:
        self._full = demo_photos
        self._frames = [_scaled(photo, _SMALL_WIDTH_PX) for photo in demo_photos]
        self._small = [_encoded(frame) for frame in self._frames]
        self._noise = np.random.default_rng(0)

    def photo(self, number: int) -> bytes:
        """A JPEG, or what is left of one."""
        hundred, place = divmod(number, 100)
        which = hundred % len(self._full)
        if place == _FULL:
            return self._full[which]
        if place == _ODD:
            return _encoded(np.asarray(cv2.resize(self._frames[which], odd_size(hundred)), np.uint8))
        if place == _DAMAGED:
            return self._damaged(self._small[which]) if hundred % 2 else self._small[which][:_HEAD_BYTES]
        return self._small[number % len(self._small)]

    def _damaged(self, photo: bytes) -> bytes:
        middle = len(photo) // 2
        return photo[:middle] + self._noise.bytes(_NONSENSE_BYTES) + photo[middle + _NONSENSE_BYTES :]


def odd_size(number: int) -> tuple[int, int]:
    """Width and height of an odd photo; each is another one."""
    row, column = divmod(number, _ODD_WIDTHS)
    return _ODD_LEAST_PX + column, _ODD_LEAST_PX + (7 * column + row) % _ODD_HEIGHTS


def growth(samples: Sequence[Sample]) -> float:
    """Bytes that each photo adds, by the straight line that lies closest to the samples; there are two at least."""
    photos, rss = np.array([(sample.photos, sample.rss) for sample in samples], np.float64).T
    from_mean = photos - photos.mean()
    return float((from_mean * rss).sum() / (from_mean**2).sum())


def second_half(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The later samples, two at least."""
    return samples[min(len(samples) // 2, len(samples) - 2) :]


class Soak:
    """The models, and what they did."""

    def __init__(self) -> None:
        finder = FinderSettings.model_construct()
        self._detector = FaceDetector(FaceFinder.load(Method(finder.method), finder.score_threshold))
        self._look = Look(MIN_FACE_PX, finder.max_photo_pixels)
        self._classifier = FaceClassifier.load(crops=Crops.FAST)
        self.faces = self.unreadable = 0

    def look(self, photo: bytes) -> None:
        """One photo's way through detect and classify."""
        (sighting,) = self._detector.look([Asked(photo, self._look)])
        if not isinstance(sighting, Sighting):
            self.unreadable += 1
            return
        if sighting.faces:
            chips = np.frombuffer(b"".join(face.chip_rgb for face in sighting.faces), np.uint8)
            self._classifier.predict(chips.reshape(-1, CHIP_SIZE_PX, CHIP_SIZE_PX, 3))
            self.faces += len(sighting.faces)


def main(
    photos: Annotated[int, typer.Option(min=2 * SAMPLE_EVERY, help="How many photos to look at")] = 100_000,
) -> None:
    """Run, and print a table and one line of JSON."""
    cv2.setNumThreads(1)
    try:
        soak = Soak()
        stream = Stream([(FOLDER / photo.name).read_bytes() for photo in PHOTOS])
    except (WeightsError, FileNotFoundError) as error:
        sys.exit(f"bench.soak: {error}: run `make setup`")
    samples: list[Sample] = []
    with contextlib.suppress(KeyboardInterrupt):
        _run(soak, stream, photos, samples)
    if len(samples) < 2:
        sys.exit(f"bench.soak: nothing was measured before {2 * SAMPLE_EVERY:,} photos")
    _print(soak, samples)
    result = {
        "photos": samples[-1].photos,
        "rss_start_mib": samples[0].rss / _MIB,
        "rss_end_mib": samples[-1].rss / _MIB,
        "rss_max_mib": max(sample.rss for sample in samples) / _MIB,
        "growth_bytes_per_photo": growth(samples),
        "growth_second_half_bytes_per_photo": growth(second_half(samples)),
    }
    print(json.dumps({name: round(value, 2) for name, value in result.items()}))


def _run(soak: Soak, stream: Stream, photos: int, samples: list[Sample]) -> None:
    process = psutil.Process()
    columns = (TextColumn("Looking at photos"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rss]}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("", total=photos, rss="")
        for number in range(1, photos + 1):
            soak.look(stream.photo(number))
            if number % 20 == 0 or number == photos:
                progress.update(task, completed=number)
            if number % SAMPLE_EVERY == 0:
                samples.append(Sample(number, process.memory_info().rss))
                progress.update(task, rss=f"{samples[-1].rss / _MIB:.0f} MiB")


def _print(soak: Soak, samples: Sequence[Sample]) -> None:
    table = Table("photos", "MiB", title="Resident memory after")
    for column in table.columns:
        column.justify = "right"
    for sample in samples:
        if sample.photos in SHOWN or sample is samples[-1]:
            table.add_row(f"{sample.photos:,}", f"{sample.rss / _MIB:.1f}")
    console.print(table)
    console.print(
        f"{growth(samples):+,.0f} bytes a photo, by a line through all {len(samples)} figures; {growth(second_half(samples)):+,.0f} "
        f"by one through the second half. {soak.faces:,} faces, {soak.unreadable:,} photos that could not be read.\n"
        "How to read this: docs/performance.md"
    )


def _scaled(photo: bytes, width: int) -> NDArray[np.uint8]:
    frame = simplejpeg.decode_jpeg(photo)
    height = round(frame.shape[0] * width / frame.shape[1])
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _encoded(frame: NDArray[np.uint8]) -> bytes:
    jpeg: bytes = simplejpeg.encode_jpeg(frame, quality=_QUALITY, colorsubsampling="420")
    return jpeg


if __name__ == "__main__":
    typer.run(main)
