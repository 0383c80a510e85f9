"""A random estate whose cameras took real photos, recorded with the boxes of their faces and with made-up estimates."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from models.predict.boxes import Method
from models.predict.finder import FaceFinder, FoundFace
from services.common.storage import PhotoStorage
from services.record.adapters.postgres_tallies import PostgresTallies
from services.record.domain.results import PhotoRow
from tests.integration.record.estates import BEGIN, Shop, random_face, random_row
from tests.models.faces import decoded
from tests.servers.s3 import S3Server

PHOTOS = ("crowd", "no-face", "photo-01", "photo-04", "photo-07")
GONE = "gone"
OLDEST = BEGIN - timedelta(days=365)


@dataclass(frozen=True)
class Seen:
    """What the photos show, by their names."""

    faces: Mapping[str, Sequence[FoundFace]]


def key(name: str) -> str:
    """Where a photo is in the store."""
    return f"backfill/{name}.jpg"


async def seen(folder: Path, server: S3Server) -> Seen:
    """Put photos into the store, and find their faces."""
    finder = FaceFinder.load(Method.HOG)
    faces: dict[str, Sequence[FoundFace]] = {}
    async with PhotoStorage.connect(server.settings("admin")) as store:
        for name in PHOTOS:
            await store.put(key(name), (folder / f"{name}.jpg").read_bytes())
            photo = decoded(folder / f"{name}.jpg")
            faces[name] = finder.find(photo.rgb, photo.full_px)
    return Seen(faces | {GONE: faces["photo-01"]})


def photos(
    chance: random.Random, shops: list[Shop], seen: Seen, names: Sequence[str], versions: Sequence[str], first: int = 0
) -> list[PhotoRow]:
    """A recorded photo for each name, of random versions, of the hours before BEGIN."""
    rows = []
    for number, name in enumerate(names, first):
        row = random_row(chance, number, shops, BEGIN)
        while not isinstance(row, PhotoRow) or row.happened_at < BEGIN - timedelta(days=2):
            row = random_row(chance, number, shops, BEGIN)
        faces = tuple(
            replace(
                random_face(chance),
                left_px=round(face.left_px),
                top_px=round(face.top_px),
                width_px=round(face.width_px),
                height_px=round(face.height_px),
            )
            for face in seen.faces[name]
        )
        rows.append(
            replace(
                row,
                faces=faces,
                outcome="faces" if faces else "no_face",
                object_key=key(name),
                classifier_version=chance.choice(versions),
            )
        )
    return rows


async def record(tallies: PostgresTallies, rows: Sequence[PhotoRow]) -> None:
    """As record does it, in several transactions."""
    for start in range(0, len(rows), 20):
        await tallies.record(rows[start : start + 20], OLDEST)
