import signal
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _children_end_quietly() -> Iterator[None]:
    """Put the handler of SIGCHLD back that torch's loaders replace.

    OpenVINO has given the main thread a small stack for signals, and a processor whose matrix registers are in use needs a larger one:
    the kernel ends such a process when its next child ends.
    """
    before = signal.getsignal(signal.SIGCHLD)
    yield
    signal.signal(signal.SIGCHLD, before)


@pytest.fixture
def workplace(tmp_path: Path, data_set_folder: Path) -> Path:
    """A folder with the data set "faces"; configs go beside it."""
    (tmp_path / "faces").symlink_to(data_set_folder)
    return tmp_path
