from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.evaluation.dataset import DataError, is_held_out, load_rgb, read
from tests.models.evaluation.stand_ins import write_labelled_faces


def test_labels_are_read_with_their_rows(labelled: Path) -> None:
    data = read(labelled)
    assert data.age_gender.paths[3] == labelled / "age_gender" / "a3.png"
    assert data.age_gender.rows.tolist() == list(range(40))
    assert data.age_gender.genders[:4].tolist() == [0, 0, 1, 1]
    assert data.age_gender.groups[2] == "asian"
    assert data.emotion.emotions[2] == 1
    assert data.emotion.sources[:2].tolist() == ["web", "fer2013"]


def test_a_tenth_keeps_both_halves_of_the_split(tmp_path: Path) -> None:
    data = read(write_labelled_faces(tmp_path, people=200, moods=100)).tenth()
    assert len(data.age_gender.paths) == 20
    assert data.age_gender.paths[1].name == f"a{data.age_gender.rows[1]}.png"
    assert is_held_out(data.age_gender.rows).sum() == 10
    assert len(data.emotion.paths) == len(data.emotion.emotions) == 10


def test_grey_images_become_rgb(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 5), 7, np.uint8)).save(tmp_path / "grey.png")
    assert load_rgb(tmp_path / "grey.png").shape == (4, 5, 3)


@pytest.mark.parametrize("content", [None, b"no image"])
def test_an_image_that_is_none_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "face.jpg"
    if content:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"face\.jpg"):
        load_rgb(path)


def test_a_folder_without_labels_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"labels\.csv is not there"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("file,age,", "file,years,", "lacks the columns age"),
        ("female", "woman", "woman is none of female, male"),
        (",61,", ",sixty,", "'sixty' is no age"),
        (",61,", ",161,", "'161' is no age"),
    ],
)
def test_labels_that_mean_nothing_are_told(tmp_path: Path, before: str, after: str, told: str) -> None:
    labels = write_labelled_faces(tmp_path) / "age_gender" / "labels.csv"
    lines = labels.read_text().splitlines()
    lines[1] = "a0.png,61,female,white"
    labels.write_text("\n".join(lines).replace(before, after))
    with pytest.raises(DataError, match=told):
        read(tmp_path)
