"""Draw faces, have people's labels kept, and put data sets together."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from services.common.errors import BadInputError, PermanentError
from services.labels.domain.drawing import Draw, Drawn, Method, Wanted
from services.labels.domain.faces import Candidate, LabelsError
from services.labels.domain.labels import Chosen, Label

# Faces kept in one transaction: whoever ends the command loses no more.
_BATCH: Final = 20


@dataclass(frozen=True, slots=True)
class Sampled:
    """What came of it.

    Args:
        kept: faces that were drawn and kept.
        gone: faces that were drawn, whose photos the store has not any more.
        unreadable: faces that were drawn, whose photos cannot be decoded.
        why_none: why there was none to draw, a clause; empty where there was one.
    """

    kept: int
    gone: int
    unreadable: int
    why_none: str = ""


class FaceStore(Protocol):
    """Where recorded and drawn faces are. Every call raises TransientError where it is away."""

    def candidates(self, wanted: Wanted) -> AsyncGenerator[Candidate, None]:
        """Faces that were not drawn yet, one by one.

        Raises:
            LabelsError: there is no such shop.
        """
        ...

    async def is_any(self, wanted: Wanted) -> bool:
        """Whether there is any such face, drawn or not."""
        ...

    async def keep(self, faces: Sequence[tuple[Drawn, bytes]], *, consent: bool) -> int:
        """Keep faces and their chips; how many of them had not been drawn meanwhile."""
        ...

    async def label(self, labels: Mapping[str, Label], by: str) -> int:
        """Keep labels by face, all or none; how many faces are there. What was drawn and is gone is left out."""
        ...

    async def consent(self, chosen: Chosen, *, agreed: bool) -> tuple[int, int]:
        """Keep whether people agreed that nets learn from drawn faces; of how many, and how many of these it was not so before.

        Raises:
            LabelsError: there is no such shop.
        """
        ...


class PhotoStore(Protocol):
    """Where photos are."""

    async def get(self, key: str) -> bytes:
        """A photo.

        Raises:
            PermanentError: it is not there.
            TransientError: the store is away.
        """
        ...


class Cutter(Protocol):
    """Cuts faces out of photos."""

    def chips(self, photo: bytes, faces: Sequence[Candidate]) -> list[bytes]:
        """Their chips, PNG.

        Raises:
            BadInputError: the photo cannot be decoded.
        """
        ...


class Sample:
    """Draws faces.

    Args:
        store: of faces.
        photos: where their photos are.
        cutter: makes chips of them.
    """

    def __init__(self, store: FaceStore, photos: PhotoStore, cutter: Cutter) -> None:
        self._store = store
        self._photos = photos
        self._cutter = cutter

    async def run(self, wanted: Wanted, begin: Callable[[int], None], advance: Callable[[int], None]) -> Sampled:
        """Draw faces, and keep their chips.

        Args:
            wanted: which ones.
            begin: told how many there are.
            advance: told how many more are done.

        Raises:
            LabelsError: there is no such shop.
            TransientError: a server is away.
        """
        draw = Draw(wanted.by, wanted.count)
        async with aclosing(self._store.candidates(wanted)) as candidates:
            async for candidate in candidates:
                draw.offer(candidate)
        drawn = draw.drawn()
        if not drawn:
            return Sampled(0, 0, 0, await self._why_none(wanted))
        begin(len(drawn))
        kept = gone = unreadable = 0
        waiting: list[tuple[Drawn, bytes]] = []
        for faces in _by_photo(drawn):
            try:
                photo = await self._photos.get(faces[0].candidate.object_key)
                chips = self._cutter.chips(photo, [face.candidate for face in faces])
            except PermanentError:
                gone += len(faces)
            except BadInputError:
                unreadable += len(faces)
            else:
                waiting += zip(faces, chips, strict=True)
            if len(waiting) >= _BATCH:
                kept += await self._store.keep(waiting, consent=wanted.consent)
                waiting = []
            advance(len(faces))
        if waiting:
            kept += await self._store.keep(waiting, consent=wanted.consent)
        return Sampled(kept, gone, unreadable)

    async def _why_none(self, wanted: Wanted) -> str:
        if await self._store.is_any(wanted):
            return "all of these days were drawn already"
        if wanted.by is Method.DISAGREEMENT:
            return "no release in shadow has looked at any of these days (`facetally models shadow`)"
        return "none was recorded in these days"


def _by_photo(drawn: Iterable[Drawn]) -> list[list[Drawn]]:
    photos: dict[str, list[Drawn]] = {}
    for face in drawn:
        photos.setdefault(face.candidate.object_key, []).append(face)
    return list(photos.values())


async def take_in(store: FaceStore, labels: Mapping[str, Label], by: str) -> tuple[int, int]:
    """Keep the labels of a file; how many, and how many faces are not there any more.

    Args:
        labels: by face.
        by: who has labelled.

    Raises:
        LabelsError: nobody has, there are no labels, or none of the faces is there.
        TransientError: the database is away.
    """
    by = " ".join(by.split())
    if not by:
        raise LabelsError("say who has labelled: `--by NAME`")
    if not labels:
        raise LabelsError("there is no label in it")
    kept = await store.label(labels, by)
    if not kept:
        raise LabelsError("none of its faces is among those that were drawn")
    return kept, len(labels) - kept


async def set_consent(store: FaceStore, chosen: Chosen, *, agreed: bool) -> tuple[int, int]:
    """Keep whether people agreed that nets learn from faces that were drawn; of how many, and how many of these it was not so before.

    Raises:
        LabelsError: none was drawn that is meant, or there is no such shop.
        TransientError: the database is away.
    """
    meant, changed = await store.consent(chosen, agreed=agreed)
    if not meant:
        raise LabelsError("no such face is among those that were drawn")
    return meant, changed
