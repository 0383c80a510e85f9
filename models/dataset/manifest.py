"""A data set of faces: what is written of each, and how it is read again.

A data set is a folder that never changes: faces.parquet has a row a face, dataset.toml says what that is and where it came from. Its version
is a digest of the faces: other faces are another version.
"""

import hashlib
import json
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.dataset.face import Face, ManifestError, Split
from models.predict.classifier import EMOTIONS, GENDERS
from models.quality import Level
from models.registry import Digest, Text

FACES: Final = "faces.parquet"
ABOUT: Final = "dataset.toml"
NAME: Final = r"^[a-z0-9][a-z0-9-]*$"
_VERSION_DIGITS: Final = 12
# Faces are personal data: their owner and group read them, and nobody changes them.
_FILE_MODE: Final = 0o440
_TIME: Final = pa.timestamp("us", tz="UTC")
SCHEMA: Final = pa.schema(
    [
        pa.field("face_id", pa.string(), nullable=False),
        # Offsets of 32 bits would end at two gigabytes.
        pa.field("chip", pa.large_binary(), nullable=False),
        pa.field("box", pa.list_(pa.float64(), 4), nullable=False),
        pa.field("photo", pa.string(), nullable=False),
        pa.field("shop", pa.string(), nullable=False),
        pa.field("camera", pa.string(), nullable=False),
        pa.field("captured_at", _TIME, nullable=False),
        pa.field("quality", pa.string(), nullable=False),
        pa.field("consent", pa.bool_(), nullable=False),
        pa.field("model_version", pa.string()),
        pa.field("predicted_age_years", pa.float64()),
        pa.field("predicted_gender", pa.list_(pa.float64(), len(GENDERS))),
        pa.field("predicted_emotion", pa.list_(pa.float64(), len(EMOTIONS))),
        pa.field("age_years", pa.float64()),
        pa.field("gender", pa.string()),
        pa.field("emotion", pa.string()),
        pa.field("labelled_by", pa.string()),
        pa.field("labelled_at", _TIME),
        pa.field("split", pa.string(), nullable=False),
    ]
)


class About(BaseModel):
    """What dataset.toml says.

    Args:
        name: of the data set, whatever its version.
        version: the first digits of the digest of its faces.
        made_at: when it was written.
        drawn_from: what the faces are of, for the reader of a card.
        sha256: of faces.parquet.
        faces: how many there are, by split.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME)
    version: str = Field(pattern=rf"^[0-9a-f]{{{_VERSION_DIGITS}}}$")
    made_at: datetime
    drawn_from: Text
    sha256: Digest
    faces: dict[Split, int]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A data set that was read; about 40 kB of memory a face.

    Args:
        about: what it says of itself.
        table: a row a face, in the order of face_id, columns as in SCHEMA.
    """

    about: About
    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[Face]:
        return (_face(row) for row in _rows(self.table))

    def of(self, split: Split) -> Self:
        """The faces of one split."""
        chosen = pc.equal(self.table["split"], str(split))
        return type(self)(self.about, self.table.filter(chosen))


def write(folder: Path, faces: Iterable[Face], *, name: str, drawn_from: str, made_at: datetime) -> About:
    """Write a data set, all of it or nothing.

    Args:
        folder: that is made; it must not be there.
        faces: in any order.
        name: of the data set, small letters, digits and dashes.
        drawn_from: what the faces are of, in a sentence.
        made_at: now, with a time zone.

    Raises:
        ManifestError: the folder is there, there are no faces, or two have the same id.
    """
    if folder.exists():
        raise ManifestError(f"{folder} is there already: a data set never changes, write another")
    table = pa.Table.from_pylist([_row(face) for face in faces], SCHEMA).sort_by("face_id")
    _check_ids(table)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        # Chips are compressed already.
        codecs = {field.name: "none" if field.name == "chip" else "zstd" for field in SCHEMA}
        pq.write_table(table, beside / FACES, compression=codecs, use_dictionary=["photo", "shop", "camera"])
        try:
            about = About(
                name=name,
                version=_version(table),
                made_at=made_at,
                drawn_from=drawn_from,
                sha256=_digest(beside / FACES),
                faces={split: table["split"].to_pylist().count(str(split)) for split in Split},
            )
        except ValidationError as error:
            raise ManifestError(_reasons(error)) from error
        (beside / ABOUT).write_text(_toml(about), encoding="utf-8")
        for file in beside.iterdir():
            file.chmod(_FILE_MODE)
        beside.chmod(0o750)
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside)
        raise
    return about


def read(folder: Path) -> Dataset:
    """Read a data set, and check that it is the one that was written.

    Raises:
        ManifestError: it is not there, was changed, or says what cannot be.
    """
    try:
        about = About.model_validate(tomllib.loads((folder / ABOUT).read_text(encoding="utf-8")))
        digest = _digest(folder / FACES)
    except FileNotFoundError as error:
        raise ManifestError(f"{folder} is no data set: {Path(error.filename).name} is not there") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{folder / ABOUT} is no TOML: {error}") from error
    except ValidationError as error:
        raise ManifestError(f"{folder / ABOUT}: {_reasons(error)}") from error
    if digest != about.sha256:
        raise ManifestError(f"{folder / FACES} has the digest {digest}, {ABOUT} says {about.sha256}: it was changed")
    try:
        table = pq.read_table(folder / FACES)
    except (pa.ArrowException, OSError) as error:
        raise ManifestError(f"{folder / FACES} is no Parquet file that can be read: {error}") from error
    return Dataset(about, _checked(table, about, folder / FACES))


def _checked(table: pa.Table, about: About, path: Path) -> pa.Table:
    if not table.schema.equals(SCHEMA):
        missing = sorted(set(SCHEMA.names) - set(table.schema.names))
        raise ManifestError(
            f"{path} lacks the columns {', '.join(missing)}" if missing else f"{path} has other columns or types"
        )
    try:
        _check_ids(table)
        for row in _rows(table):
            if row["split"] != _face(row).split:
                raise ManifestError(f"face {row['face_id']!r} is in another split than its photo {row['photo']!r}")
    except (ManifestError, ValueError) as error:
        raise ManifestError(f"{path}: {error}") from error
    if (version := _version(table)) != about.version:
        raise ManifestError(f"{path} is version {version}, {ABOUT} says {about.version}")
    return table


def _check_ids(table: pa.Table) -> None:
    ids = table["face_id"].to_pylist()
    if not ids:
        raise ManifestError("there are no faces")
    if len(set(ids)) != len(ids):
        raise ManifestError("two faces have the same id")


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """A few at a time: chips are large."""
    for batch in table.to_batches(max_chunksize=1024):
        yield from batch.to_pylist()


def _row(face: Face) -> dict[str, Any]:
    return {name: getattr(face, name) for name in SCHEMA.names} | {
        "quality": str(face.quality),
        "split": str(face.split),
    }


def _face(row: dict[str, Any]) -> Face:
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    del given["split"]
    return Face(**given | {"quality": Level(row["quality"])})


def _version(table: pa.Table) -> str:
    """Of what is in it, not of how a version of Parquet's writer lays it out."""
    digest = hashlib.sha256()
    for row in _rows(table):
        chip = hashlib.sha256(row.pop("chip")).hexdigest()
        times = {name: value.astimezone(UTC).isoformat() for name, value in row.items() if isinstance(value, datetime)}
        digest.update(json.dumps(row | times | {"chip": chip}, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()[:_VERSION_DIGITS]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _toml(about: About) -> str:
    # JSON's strings are TOML's.
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in about.model_dump(mode="json", exclude={"faces", "made_at"}).items()
    ]
    counts = [f"{split} = {count}" for split, count in about.faces.items()]
    return "\n".join([*lines, f"made_at = {about.made_at.isoformat()}", "", "[faces]", *counts, ""])


def _reasons(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
