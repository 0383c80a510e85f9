"""Checkpoints: what a run needs to go on as if it had never been stopped. They are written whole or not at all, and hold no code.

A checkpoint is a folder with tensors.safetensors and state.json, which has the digest of both.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

_TENSORS: Final = "tensors.safetensors"
_STATE: Final = "state.json"
_PREFIX: Final = "checkpoint-"
_UNFINISHED: Final = ".unfinished"
_KEPT: Final = 2


class CheckpointError(Exception):
    """There are checkpoints, and none of them can be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """What was kept.

    Args:
        tensors: on the CPU, by name.
        state: everything else, as JSON has it.
    """

    tensors: dict[str, Tensor]
    state: dict[str, Any]


class Checkpoints:
    """Those of one run, the last two. One process writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = 0

    def any(self) -> bool:
        """Whether there are some, whole or not."""
        return bool(self._numbers())

    def newest(self) -> Checkpoint | None:
        """The newest that is whole; what is written next follows it. None where there are none.

        Raises:
            CheckpointError: none of those that are there is whole.
        """
        faults = []
        for number in sorted(self._numbers(), reverse=True):
            try:
                checkpoint = _read(self._path(number))
            except CheckpointError as error:
                faults.append(str(error))
                continue
            self._last = number
            return checkpoint
        if faults:
            raise CheckpointError("no checkpoint is whole: " + "; ".join(faults))
        return None

    def write(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint, and drop those before the one before it. On return it is on disk."""
        unfinished = self._folder / _UNFINISHED
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        tensors = safetensors.torch.save({name: each.contiguous() for name, each in checkpoint.tensors.items()})
        state = json.dumps({"sha256": _digest(tensors, checkpoint.state), "state": checkpoint.state}, indent=1)
        write_through(unfinished / _TENSORS, tensors)
        write_through(unfinished / _STATE, state.encode())
        sync_folder(unfinished)
        number = self._last + 1
        # After a damaged one was passed over, its number is taken again.
        for later in self._numbers():
            if later >= number:
                shutil.rmtree(self._path(later))
        unfinished.rename(self._path(number))
        sync_folder(self._folder)
        self._last = number
        for old in self._numbers():
            if old <= number - _KEPT:
                shutil.rmtree(self._path(old))

    def _path(self, number: int) -> Path:
        return self._folder / f"{_PREFIX}{number:06d}"

    def _numbers(self) -> list[int]:
        names = (path.name.removeprefix(_PREFIX) for path in self._folder.glob(f"{_PREFIX}*"))
        # Whatever else somebody has put there is theirs.
        return [int(name) for name in names if name.isdecimal()]


def write_through(path: Path, content: bytes) -> None:
    """Write a file, and wait until it is on disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> Checkpoint:
    try:
        document = json.loads((path / _STATE).read_bytes())
        tensors = (path / _TENSORS).read_bytes()
        if document["sha256"] != _digest(tensors, document["state"]):
            raise CheckpointError(f"{path} is damaged: it has another digest than it says")
        return Checkpoint(safetensors.torch.load(tensors), document["state"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error


def _digest(tensors: bytes, state: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(state, sort_keys=True).encode())
    digest.update(tensors)
    return digest.hexdigest()
