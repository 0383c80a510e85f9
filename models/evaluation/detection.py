"""How many faces are found, by each method, and how many boxes hold none."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.backgrounds import SAMPLE_HEADS, SAMPLES_DIR, Backgrounds, Head
from models.evaluation.dataset import Dataset, load_rgb
from models.evaluation.frames import Box, Condition, FaceFrame, Photo, decoded, face_frame, through_jpeg
from models.evaluation.metrics import Measured, mean
from models.evaluation.subjects import REJECTED, Advance, Finder, Found

SEED: Final = 7
WIDTHS_PX: Final = ((200, 260), (260, 340), (340, 420), (420, 500))
# A box is a head's if its middle is no further than this from the head's, in pixels of the demo photo.
_NEAR_HEAD_PX: Final = 150
WEB: Final = "web"
UTK: Final = "UTKFace"
_STREAMS: Final = {WEB: 0, UTK: 1, "none": 2}


@dataclass(frozen=True, slots=True)
class Look:
    """What one method saw in one frame.

    Args:
        found: whether a box is where the face is.
        counted: whether one of these boxes is of a face that the product would count, which leaves rejected ones out.
        others: boxes too many: all of them in a frame without faces, all but one where the face is.
        others_counted: of these, the ones that the product would count.
        cpu_ms: CPU milliseconds that finding took, without decoding.
    """

    found: bool
    counted: bool
    others: int
    others_counted: int
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One frame with a face, looked at by all methods.

    Args:
        source: WEB or UTK.
        condition: of the face.
        width_px: of the pasted image, pixels of the full-size frame.
        looks: by method.
    """

    source: str
    condition: Condition
    width_px: float
    looks: Mapping[str, Look]


@dataclass(frozen=True, slots=True)
class Samples:
    """Heads found by one method in the demo photos.

    Args:
        found: heads that have a box.
        heads: that there are.
        others: boxes too many.
    """

    found: int
    heads: int
    others: int


@dataclass(frozen=True, slots=True)
class Detection:
    """All that was seen.

    Args:
        trials: frames with faces.
        face_free: looks at frames without faces, by method.
        samples: by method.
    """

    trials: tuple[Trial, ...]
    face_free: Mapping[str, tuple[Look, ...]]
    samples: Mapping[str, Samples]

    @property
    def methods(self) -> tuple[str, ...]:
        """That were measured."""
        return tuple(self.face_free)

    def recall(
        self,
        method: str,
        source: str,
        condition: Condition = Condition.PLAIN,
        widths_px: tuple[int, int] | None = None,
        *,
        counted: bool = False,
    ) -> Measured:
        """Share of faces found, or of those that the product would count."""
        looks = [
            trial.looks[method]
            for trial in self.trials
            if trial.source == source
            and trial.condition is condition
            and (widths_px is None or widths_px[0] <= trial.width_px < widths_px[1])
        ]
        return mean(np.array([look.counted if counted else look.found for look in looks], np.bool_))

    def false_positives(self, method: str, *, counted: bool = False) -> Measured:
        """Boxes per 500 frames without faces."""
        looks = self.face_free[method]
        return mean(500.0 * np.array([look.others_counted if counted else look.others for look in looks], np.float64))

    def other_boxes(self, method: str) -> tuple[int, int]:
        """Boxes too many in the frames with faces, and how many frames these are."""
        return sum(trial.looks[method].others for trial in self.trials), len(self.trials)

    def cpu_ms(self, method: str) -> float:
        """Mean CPU milliseconds of a frame, with and without faces alike."""
        looks = (*(trial.looks[method] for trial in self.trials), *self.face_free[method])
        return float(np.mean([look.cpu_ms for look in looks])) if looks else np.nan


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is looked at.

    Args:
        per_condition: faces of a set and a condition, other than plain web faces, which are all looked at.
        face_free: frames without faces.
    """

    per_condition: int
    face_free: int

    def frames(self, data: Dataset) -> int:
        """How many frames and photos `detect` looks at: the length of a progress bar."""
        return sum(len(rows) for _, _, rows in _plan(data, self)) + self.face_free + len(SAMPLE_HEADS)


FULL: Final = Extent(per_condition=200, face_free=500)
QUICK: Final = Extent(per_condition=20, face_free=50)


def detect(finders: Mapping[str, Finder], data: Dataset, extent: Extent, advance: Advance) -> Detection:
    """Look at all frames with all finders, in turns, so that a busy moment of the machine hits them all.

    Args:
        finders: by method.
        data: whose faces are pasted.
        extent: how much is looked at.
        advance: called after each frame.

    Raises:
        DataError: an image cannot be read, or a package with backgrounds is not installed.
    """
    backgrounds = Backgrounds.load()
    for finder in finders.values():  # the first photo of a size takes longer
        finder.find(*_arguments(through_jpeg(backgrounds.frame(_rng("none", 0)))))
    trials = []
    for source, condition, frame in _face_frames(data, backgrounds, extent):
        looks = {method: look(finder, frame.photo, frame.box) for method, finder in finders.items()}
        trials.append(Trial(source, condition, frame.box.width_px, looks))
        advance(1)
    empty: dict[str, list[Look]] = {method: [] for method in finders}
    for number in range(extent.face_free):
        photo = through_jpeg(backgrounds.frame(_rng("none", number)))
        for method, finder in finders.items():
            empty[method].append(look(finder, photo, None))
        advance(1)
    samples = _look_at_samples(finders, advance)
    return Detection(tuple(trials), {method: tuple(looks) for method, looks in empty.items()}, samples)


def look(finder: Finder, photo: Photo, box: Box | None) -> Look:
    """Look at one frame.

    Args:
        finder: of one method.
        photo: the frame.
        box: where its face is; None if it has none.
    """
    began = time.process_time()
    faces = finder.find(*_arguments(photo))
    cpu_ms = (time.process_time() - began) * 1000
    right: list[Found] = []
    others: list[Found] = []
    for face in faces:
        (right if box is not None and box.has_in_middle(*_middle(face)) else others).append(face)
    counted = sum(map(_is_counted, right))
    return Look(
        found=bool(right),
        counted=counted > 0,
        others=len(others) + max(0, len(right) - 1),
        others_counted=sum(map(_is_counted, others)) + max(0, counted - 1),
        cpu_ms=cpu_ms,
    )


def heads_found(faces: Iterable[Found], heads: tuple[Head, ...]) -> Samples:
    """Give each box to the nearest head that is near and has none yet; what is left over is too many."""
    free = list(heads)
    others = 0
    for face in sorted(faces, key=lambda face: -face.width_px):
        x, y = _middle(face)
        near = min(free, key=lambda head: np.hypot(head.x_px - x, head.y_px - y), default=None)
        if near is None or np.hypot(near.x_px - x, near.y_px - y) > _NEAR_HEAD_PX:
            others += 1
        else:
            free.remove(near)
    return Samples(len(heads) - len(free), len(heads), others)


def _look_at_samples(finders: Mapping[str, Finder], advance: Advance) -> dict[str, Samples]:
    seen: dict[str, list[Samples]] = {method: [] for method in finders}
    for name, heads in SAMPLE_HEADS.items():
        photo = decoded((SAMPLES_DIR / name).read_bytes())
        for method, finder in finders.items():
            seen[method].append(heads_found(finder.find(*_arguments(photo)), heads))
        advance(1)
    return {
        method: Samples(sum(s.found for s in photos), sum(s.heads for s in photos), sum(s.others for s in photos))
        for method, photos in seen.items()
    }


def _plan(data: Dataset, extent: Extent) -> Iterator[tuple[str, Condition, list[int]]]:
    web = np.flatnonzero(data.emotion.sources == WEB).tolist()
    utk = list(range(len(data.age_gender.paths)))
    for condition in Condition:
        yield WEB, condition, web if condition is Condition.PLAIN else _spread(web, extent.per_condition)
        yield UTK, condition, _spread(utk, extent.per_condition)


def _spread(rows: list[int], most: int) -> list[int]:
    """At most so many rows, evenly spread over all."""
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(int))
    return [rows[i] for i in chosen] if rows else []


def _face_frames(data: Dataset, backgrounds: Backgrounds, extent: Extent) -> Iterator[tuple[str, Condition, FaceFrame]]:
    for source, condition, chosen in _plan(data, extent):
        faces = data.age_gender if source == UTK else data.emotion
        for i in chosen:
            rng = _rng(source, int(faces.rows[i]))
            background = backgrounds.frame(rng)
            yield source, condition, face_frame(load_rgb(faces.paths[i]), background, condition, rng)


def _rng(stream: str, number: int) -> np.random.Generator:
    """Random numbers of one face, whatever else is measured: its frames have the same background, size and place."""
    return np.random.default_rng((SEED, _STREAMS[stream], number))


def _arguments(photo: Photo) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    return photo.half_rgb, photo.full_px


def _middle(face: Found) -> tuple[float, float]:
    return face.left_px + face.width_px / 2, face.top_px + face.height_px / 2


def _is_counted(face: Found) -> bool:
    return face.quality.level != REJECTED
