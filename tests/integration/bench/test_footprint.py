"""What processes hold, and which are left."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.chaos.footprint import files_in, footprints, left_running, zombies

MIB = 1 << 20
HOLDS = f"kept = bytearray(os.urandom({50 * MIB})); files = [open(os.devnull) for _ in range(30)]; "


@pytest.fixture
def child(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds 50 MiB and 30 files, and has a child of its own."""
    program = f"import os, time; {HOLDS} os.fork(); print('up', flush=True); time.sleep(60)"
    environment = {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, start_new_session=True
    )
    with process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == [b"up\n"] * 2
        yield process
        os.killpg(process.pid, 9)


def test_a_program_holds_what_its_children_hold_too(child: subprocess.Popen[bytes]) -> None:
    found = footprints({"it": child.pid, "gone": 2**22 + 1})
    assert found.keys() == {"it"}
    assert found["it"].processes == 2
    assert 60 <= found["it"].files < 100
    assert 50 * MIB < found["it"].memory < 100 * MIB


def test_a_process_is_the_machines_by_its_folder_of_temporary_files(
    child: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    found = left_running(tmp_path)
    assert len(found) == 2
    assert any(str(child.pid) in line for line in found)
    assert left_running(tmp_path / "another") == []


def test_a_process_that_has_ended_and_was_not_asked_how_is_a_zombie() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    deadline = time.monotonic() + 20
    while process.pid not in zombies() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.pid in zombies()
    process.wait()
    assert process.pid not in zombies()


def test_files_are_found_in_folders_of_folders(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "left.tmp").touch()
    assert files_in(tmp_path) == ["a/b/left.tmp"]
    assert files_in(tmp_path / "nothing") == []
