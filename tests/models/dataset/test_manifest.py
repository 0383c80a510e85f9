"""A data set is written whole, never changes, and tells when it was changed."""

import hashlib
import os
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from models.dataset.face import Face, ManifestError, Split, decode_chip, encode_chip, split_of
from models.dataset.manifest import ABOUT, FACES, Dataset, read, write
from tests.models.data_sets import NOON, face, faces, variants, write_data_set


def test_what_was_written_is_read(data_set: Dataset) -> None:
    assert list(data_set) == faces(96)
    assert data_set.about.faces == Counter(each.split for each in faces(96))
    assert sum(len(data_set.of(split)) for split in Split) == len(data_set) == 96


def test_the_version_follows_from_the_faces_alone(tmp_path: Path, data_set: Dataset) -> None:
    reversed_faces = faces(96)[::-1]
    again = write(tmp_path / "again", reversed_faces, name="other", drawn_from="the same", made_at=NOON)
    assert again.version == data_set.about.version
    labelled = [face(1, variants(2)[1], age_years=33, labelled_by="annotator-2", labelled_at=NOON)]
    changed = [*(each for each in reversed_faces if each.face_id != labelled[0].face_id), *labelled]
    assert (
        write(tmp_path / "b", changed, name="other", drawn_from="a label more", made_at=NOON).version != again.version
    )


def test_faces_of_a_photo_are_in_one_split_and_shares_are_about_right() -> None:
    counts = Counter(split_of(f"photos/{i}.jpg") for i in range(4000))
    assert counts[Split.TRAIN] == pytest.approx(3200, rel=0.05)
    assert counts[Split.TEST] == pytest.approx(400, rel=0.2)
    first, second = (face(i, variants(2)[i]) for i in range(2))
    assert first.photo == second.photo
    assert first.split == second.split


def test_a_chip_is_the_same_after_encoding() -> None:
    (chip,) = variants(1)
    assert np.array_equal(decode_chip(encode_chip(chip)), chip)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"face_id": ""}, "identifier"),
        ({"chip": b"\x89PNG"}, "chip"),
        ({"box": (1.0, 2.0, 0.0, 9.0)}, "area"),
        ({"captured_at": datetime(2026, 11, 2)}, "time zone"),
        ({"age_years": 121.0}, "120"),
        ({"predicted_gender": (0.5, 0.6)}, "probabilities"),
        ({"predicted_emotion": (1.0,)}, "probabilities"),
        ({"predicted_gender": (float("nan"), 0.5)}, "probabilities"),
        ({"gender": "unknown"}, "classes"),
        ({"labelled_by": None}, "by whom"),
        ({"model_version": None}, "which version"),
    ],
)
def test_a_face_that_cannot_be_is_refused(changed: dict[str, Any], fault: str) -> None:
    (chip,) = variants(1)
    with pytest.raises(ManifestError, match=fault):
        replace(face(0, chip), **changed)


def test_a_data_set_never_changes(tmp_path: Path) -> None:
    write_data_set(tmp_path / "faces", 2)
    with pytest.raises(ManifestError, match="there already"):
        write_data_set(tmp_path / "faces", 3)
    assert len(read(tmp_path / "faces")) == 2


@pytest.mark.parametrize("bad", [[], faces(1) * 2], ids=["no faces", "the same twice"])
def test_nothing_is_left_of_what_cannot_be_written(tmp_path: Path, bad: list[Face]) -> None:
    with pytest.raises(ManifestError):
        write(tmp_path / "faces", bad, name="bad", drawn_from="nothing", made_at=NOON)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_none_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="name"):
        write(tmp_path / "faces", faces(1), name="Not a name", drawn_from="a face", made_at=NOON)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data set that can be damaged."""
    write_data_set(tmp_path / "faces", 4)
    for file in (tmp_path / "faces").iterdir():
        file.chmod(0o640)
    return tmp_path / "faces"


def test_nobody_else_may_read_or_write_it(tmp_path: Path) -> None:
    write_data_set(tmp_path / "faces", 1)
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "faces").iterdir()} == {0o440}


def test_a_byte_that_was_changed_is_seen(folder: Path) -> None:
    with (folder / FACES).open("r+b") as file:
        file.seek(-20, os.SEEK_END)
        file.write(b"x")
    with pytest.raises(ManifestError, match="it was changed"):
        read(folder)


@pytest.mark.parametrize("missing", [ABOUT, FACES])
def test_a_file_that_is_missing_is_named(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(ManifestError, match=missing):
        read(folder)


@pytest.mark.parametrize(
    ("line", "fault"), [("=", "no TOML"), ("else = 1", "else"), ('name = "x"', "no TOML")], ids=["torn", "key", "twice"]
)
def test_a_description_that_cannot_be_is_told(folder: Path, line: str, fault: str) -> None:
    (folder / ABOUT).write_text(f"{line}\n{(folder / ABOUT).read_text()}")
    with pytest.raises(ManifestError, match=fault):
        read(folder)


def rewritten(folder: Path, table: pa.Table) -> None:
    """With the digest that belongs to it, as somebody would who edits a data set."""
    before = read(folder).about.sha256
    pq.write_table(table, folder / FACES)
    after = hashlib.sha256((folder / FACES).read_bytes()).hexdigest()
    (folder / ABOUT).write_text((folder / ABOUT).read_text().replace(before, after))


def test_another_version_than_its_faces_is_seen(folder: Path) -> None:
    rewritten(folder, read(folder).table.slice(0, 3))
    with pytest.raises(ManifestError, match="is version"):
        read(folder)


def test_a_face_in_another_split_than_its_photo_is_seen(folder: Path) -> None:
    table = read(folder).table
    splits = pa.array(["test" if each != "test" else "train" for each in table["split"].to_pylist()])
    rewritten(folder, table.set_column(table.schema.names.index("split"), table.schema.field("split"), splits))
    with pytest.raises(ManifestError, match="another split"):
        read(folder)


def test_columns_that_are_missing_are_named(folder: Path) -> None:
    rewritten(folder, read(folder).table.drop(["consent", "box"]))
    with pytest.raises(ManifestError, match="box, consent"):
        read(folder)
