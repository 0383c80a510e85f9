"""The models, in batches across photos: on a GPU a pass over many faces costs hardly more than one over a single face."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from itertools import accumulate, pairwise
from time import perf_counter
from typing import Final, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from prometheus_client import Counter, Gauge, Histogram

from models.predict.landmarker import poses
from services.classify.adapters.spare_time import SpareTime
from services.classify.domain import TALLIED, Estimates, FaceEstimate, Versioned, Wanted, estimates_by_face
from services.common.batches import Batches
from services.common.logging import get_logger
from services.common.model_choice import BUILT_IN, Role

BATCH_FACES = Histogram(
    "facetally_classify_batch_faces", "Faces in one pass of the models", buckets=(1, 2, 4, 8, 16, 32, 64)
)
BATCH_SECONDS = Histogram(
    "facetally_classify_batch_seconds",
    "Time of one pass of the models",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
)
QUEUE_SECONDS = Histogram(
    "facetally_classify_queue_seconds",
    "Time that a photo's faces waited for their pass",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
)
FACES = Counter("facetally_classify_faces_total", "Faces classified; those that somebody asks about are not counted")
MODEL_INFO = Gauge(
    "facetally_classify_model_info",
    "Always 1; which models are in service or on trial, and the release that they come from",
    ["role", "version", "release"],
)
CANARY_FAILURES = Counter(
    "facetally_classify_canary_failures_total",
    "Passes of the canary that failed: the models in service estimated these faces instead",
)
_log = get_logger(__name__)
# So many faces the shadow sees in one go: whoever comes meanwhile shares the processor with it for some milliseconds.
_SHADOW_FACES: Final = 8

Columns = tuple[NDArray[np.float32], ...]


class Model(Protocol):
    """What estimates: `models.predict.classifier.FaceClassifier`. Its columns are those of Estimates."""

    @property
    def version(self) -> str:
        """Names it."""
        ...

    def ages_and_genders(self, chips: NDArray[np.uint8]) -> Columns:
        """Estimate n faces: age, its interval's ends, gender."""
        ...

    def emotions(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Estimate n faces."""
        ...


class Landmarker(Protocol):
    """What finds landmarks: `models.predict.landmarker.FaceLandmarker`."""

    def landmarks(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The points of n faces."""
        ...


class _Faces(NamedTuple):
    chips: NDArray[np.uint8]
    wanted: Wanted
    role: Role = Role.IN_SERVICE


class _Placed(NamedTuple):
    model: Model
    release: str
    takes: Callable[[str], bool]


class BatchedClassifier:
    """Gathers faces into batches, and runs the models on them, each on those of a batch for which it is wanted.

    Another model may take the place of one at any moment: between two passes. A pass is of one model.

    Args:
        model: what estimates first: it comes with the code.
        landmarker: what finds landmarks.
        spare_time: of those that wait for estimates.
        max_batch_faces: most faces in one pass.
        max_batch_delay_s: how long the first face of a batch waits for others.
    """

    def __init__(
        self,
        model: Model,
        landmarker: Landmarker,
        spare_time: SpareTime,
        max_batch_faces: int,
        max_batch_delay_s: float,
    ) -> None:
        # Replaced as a whole: the thread of the models reads it, too.
        self._placed: Mapping[Role, _Placed] = {}
        self.put(Role.IN_SERVICE, model, BUILT_IN.name, lambda _: True)
        self._landmarker = landmarker
        self._spare_time = spare_time
        self._max_batch_faces = max_batch_faces
        self._batches: Batches[_Faces, Versioned[Estimates]] = Batches(
            self._pass,
            max_batch_faces,
            max_batch_delay_s,
            weight=lambda faces: len(faces.chips),
            waited=QUEUE_SECONDS.observe,
        )

    @classmethod
    @asynccontextmanager
    async def running(
        cls, model: Model, landmarker: Landmarker, max_batch_faces: int, max_batch_delay_s: float
    ) -> AsyncIterator[Self]:
        """A classifier that works for as long as the block runs."""
        async with SpareTime.running() as spare_time:
            classifier = cls(model, landmarker, spare_time, max_batch_faces, max_batch_delay_s)
            del model  # when another one takes its place nobody is to hold it in memory
            async with classifier._batches.running("models"):
                yield classifier

    @property
    def version(self) -> str:
        """Names the models in service now."""
        return self._placed[Role.IN_SERVICE].model.version

    def put(self, role: Role, model: Model, release: str, takes: Callable[[str], bool]) -> None:
        """Estimate with another model from the next pass on.

        Args:
            role: in which it does so.
            model: it has run before, so that nobody waits for it.
            release: that it comes from.
            takes: whether a camera, or of the shadow a photo, is for it, by its id.
        """
        self._place({**self._placed, role: _Placed(model, release, takes)})

    def share(self, role: Role, takes: Callable[[str], bool]) -> None:
        """The model of a role stays, and gets another share."""
        self._place({**self._placed, role: self._placed[role]._replace(takes=takes)})

    def end(self, role: Role) -> None:
        """Nothing is on trial in this role any more."""
        self._place({placed: model for placed, model in self._placed.items() if placed is not role})

    def _place(self, placed: Mapping[Role, _Placed]) -> None:
        self._placed = placed
        MODEL_INFO.clear()
        for role, (model, release, _) in placed.items():
            MODEL_INFO.labels(role, model.version, release).set(1)

    async def estimate(self, chips: NDArray[np.uint8], camera_id: str) -> Versioned[list[FaceEstimate]]:
        """What is tallied, in the order of the chips; more than fit into one pass take several.

        Args:
            chips: (n, 144, 144, 3) uint8 RGB.
            camera_id: whose photo it is: the canary's, or that of what is in service.
        """
        canary = self._placed.get(Role.CANARY)
        role = Role.CANARY if canary and canary.takes(camera_id) else Role.IN_SERVICE
        if not len(chips):
            return Versioned([], self._placed[role].model.version)
        estimates, version = await self._in_parts(chips, TALLIED, role)
        FACES.inc(len(chips))
        return Versioned(estimates_by_face(estimates), version)

    def shadow_takes(self, photo_id: str) -> bool:
        """Whether there is a shadow, and the photo is for it."""
        shadow = self._placed.get(Role.SHADOW)
        return shadow is not None and shadow.takes(photo_id)

    async def estimate_in_shadow(self, chips: NDArray[np.uint8]) -> Versioned[list[FaceEstimate]] | None:
        """What the shadow says, a few faces at a time and only while nobody waits; None where it ended before it was done.

        Args:
            chips: (n, 144, 144, 3) uint8 RGB, n > 0.
        """
        version, estimates = None, []
        for start in range(0, len(chips), _SHADOW_FACES):
            said = await self._spare_time.do(partial(self._in_shadow, chips[start : start + _SHADOW_FACES]))
            if said is None or said.version != (version or said.version):
                return None
            version = said.version
            estimates += said.said
        return Versioned(estimates, version) if version else None

    def _in_shadow(self, chips: NDArray[np.uint8]) -> Versioned[list[FaceEstimate]] | None:
        shadow = self._placed.get(Role.SHADOW)
        if shadow is None:
            return None
        (estimates,) = self._pass_of(shadow.model, [_Faces(chips, TALLIED)])
        return Versioned(estimates_by_face(estimates.said), estimates.version)

    async def estimate_only(self, chips: NDArray[np.uint8], wanted: Wanted) -> Versioned[Estimates]:
        """What is wanted and no more, for somebody who waits: before all that is tallied.

        Args:
            chips: (n, 144, 144, 3) uint8 RGB, n > 0.
            wanted: what is to be estimated.
        """
        return await self._in_parts(chips, wanted, Role.IN_SERVICE, urgent=True)

    async def _in_parts(
        self, chips: NDArray[np.uint8], wanted: Wanted, role: Role, *, urgent: bool = False
    ) -> Versioned[Estimates]:
        """As many passes as it takes, all of the same model: where another took its place in between, all of them again."""
        with self._spare_time.waited_for():
            while True:
                parts = [
                    await self._batches.submit(_Faces(part, wanted, role), urgent=urgent) for part in self._parts(chips)
                ]
                said, versions = zip(*parts, strict=True)
                if len(set(versions)) == 1:
                    return Versioned(
                        Estimates(*(np.concatenate(columns) for columns in zip(*said, strict=True))), versions[0]
                    )

    def _parts(self, chips: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        return [chips[start : start + self._max_batch_faces] for start in range(0, len(chips), self._max_batch_faces)]

    def _pass(self, batch: list[_Faces]) -> list[Versioned[Estimates]]:
        """A pass for each model that somebody waits for."""
        placed = self._placed  # the same for all of the batch
        roles = [faces.role if faces.role in placed else Role.IN_SERVICE for faces in batch]  # a canary may have ended
        said = {}
        for role in set(roles):
            own = [faces for faces, whose in zip(batch, roles, strict=True) if whose is role]
            said[role] = iter(self._timed_pass(placed, role, own))
        return [next(said[role]) for role in roles]

    def _timed_pass(
        self, placed: Mapping[Role, _Placed], role: Role, batch: list[_Faces]
    ) -> list[Versioned[Estimates]]:
        began = perf_counter()
        try:
            estimates = self._pass_of(placed[role].model, batch)
        except Exception:
            if role is Role.IN_SERVICE:
                raise
            # A canary must not cost a photo, nor those of other cameras in the same batch.
            CANARY_FAILURES.inc()
            _log.exception("canary_failed", release=placed[role].release)
            estimates = self._pass_of(placed[Role.IN_SERVICE].model, batch)
        BATCH_FACES.observe(sum(len(faces.chips) for faces in batch))
        BATCH_SECONDS.observe(perf_counter() - began)
        return estimates

    def _pass_of(self, model: Model, batch: list[_Faces]) -> list[Versioned[Estimates]]:
        chips = np.concatenate([faces.chips for faces in batch])
        columns = (
            self._run(model.ages_and_genders, Wanted.AGE_AND_GENDER, batch, chips),
            self._run(lambda of: (model.emotions(of),), Wanted.EMOTION, batch, chips),
            self._run(self._landmarks, Wanted.LANDMARKS, batch, chips),
        )
        return [
            Versioned(Estimates(*ages, *emotions, *landmarks), model.version)
            for ages, emotions, landmarks in zip(*columns, strict=True)
        ]

    def _landmarks(self, chips: NDArray[np.uint8]) -> Columns:
        points = self._landmarker.landmarks(chips)
        return points, poses(points)

    @staticmethod
    def _run(
        net: Callable[[NDArray[np.uint8]], Columns], estimate: Wanted, batch: list[_Faces], chips: NDArray[np.uint8]
    ) -> list[Columns]:
        """A net's columns, part by part of a batch; it sees those faces alone for which it is wanted.

        Args:
            net: gives no rows for no chips, without computing anything.
            estimate: what it estimates.
            batch: the parts.
            chips: all of theirs.
        """
        wanted = [estimate in faces.wanted for faces in batch]
        if not any(wanted):
            return [net(chips[:0])] * len(batch)
        sizes = [len(faces.chips) for faces in batch]
        columns = net(chips if all(wanted) else chips[np.repeat(wanted, sizes)])
        ends = accumulate((size * is_wanted for size, is_wanted in zip(sizes, wanted, strict=True)), initial=0)
        return [tuple(column[start:end] for column in columns) for start, end in pairwise(ends)]
