"""A checkpoint is whole, or is passed over for the one before."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from models.training.checkpoint import Checkpoint, CheckpointError, Checkpoints


def checkpoint(number: int) -> Checkpoint:
    return Checkpoint({"a": torch.full((5,), float(number))}, {"number": number, "third": 1 / 3})


def written(folder: Path, count: int) -> Checkpoints:
    checkpoints = Checkpoints(folder)
    for number in range(count):
        checkpoints.write(checkpoint(number))
    return checkpoints


def number_of(found: Checkpoint | None) -> int:
    assert found is not None
    assert torch.equal(found.tensors["a"], checkpoint(found.state["number"]).tensors["a"])
    assert found.state["third"] == 1 / 3
    return int(found.state["number"])


def test_the_newest_is_found_and_two_are_kept(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path).newest() is None
    written(tmp_path, 4)
    assert number_of(Checkpoints(tmp_path).newest()) == 3
    assert len(list(tmp_path.iterdir())) == 2


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut, flip, Path.unlink])
@pytest.mark.parametrize("file", ["tensors.safetensors", "state.json"])
def test_a_damaged_one_is_not_used_but_the_one_before(
    tmp_path: Path, file: str, damage: Callable[[Path], None]
) -> None:
    written(tmp_path, 3)
    damage(max(tmp_path.iterdir()) / file)
    again = Checkpoints(tmp_path)
    assert number_of(again.newest()) == 1
    again.write(checkpoint(5))
    again.write(checkpoint(6))
    assert number_of(Checkpoints(tmp_path).newest()) == 6
    assert len(list(tmp_path.iterdir())) == 2


def test_when_none_is_whole_nothing_begins_anew_in_silence(tmp_path: Path) -> None:
    written(tmp_path, 2)
    for folder in tmp_path.iterdir():
        flip(folder / "tensors.safetensors")
    with pytest.raises(CheckpointError, match="no checkpoint is whole"):
        Checkpoints(tmp_path).newest()


def test_what_somebody_else_has_put_there_is_passed_over(tmp_path: Path) -> None:
    checkpoints = written(tmp_path, 1)
    (tmp_path / "checkpoint-old").mkdir()
    assert number_of(checkpoints.newest()) == 0
    for number in range(1, 4):
        checkpoints.write(checkpoint(number))
    assert (tmp_path / "checkpoint-old").exists()


def test_what_a_kill_left_unfinished_is_in_nobodys_way(tmp_path: Path) -> None:
    written(tmp_path, 1)
    (tmp_path / ".unfinished").mkdir()
    (tmp_path / ".unfinished" / "tensors.safetensors").write_bytes(b"half")
    again = Checkpoints(tmp_path)
    assert number_of(again.newest()) == 0
    again.write(checkpoint(1))
    assert number_of(Checkpoints(tmp_path).newest()) == 1
    assert not (tmp_path / ".unfinished").exists()
