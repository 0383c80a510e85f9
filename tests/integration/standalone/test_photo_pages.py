"""Photos that are on disk leave the kernel's memory; the files are as they were."""

import asyncio
import ctypes
import mmap
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.standalone.adapters import photo_pages
from services.standalone.adapters.photo_pages import PhotoPages

_PIECE = bytes(range(256)) * 4096 * 8


def in_memory(file: Path) -> int:
    """Bytes of a file that the kernel keeps in memory."""
    size = file.stat().st_size
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), size) as mapped:
        pages = (ctypes.c_ubyte * -(-size // mmap.PAGESIZE))()
        start = ctypes.c_char.from_buffer(mapped)
        failed = ctypes.CDLL(None).mincore(ctypes.byref(start), ctypes.c_size_t(size), pages)
        del start  # it would keep the mapping
    assert not failed
    return sum(page & 1 for page in pages) * mmap.PAGESIZE


@pytest.fixture
def folder() -> Iterator[Path]:
    """On disk, which /tmp need not be."""
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as name:
        yield Path(name)


def append(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(_PIECE)


def test_what_was_there_the_last_time_is_let_go_and_what_is_new_stays(folder: Path) -> None:
    file, other = folder / "photos_1.dat", folder / "photos_1.idx"
    append(file)
    append(other)
    pages = PhotoPages(folder)
    pages.let_go()
    assert in_memory(file) == len(_PIECE)
    append(file)
    pages.let_go()
    assert in_memory(file) >= len(_PIECE)
    deadline = time.monotonic() + 20
    while in_memory(file) and time.monotonic() < deadline:
        time.sleep(0.05)  # until it is on disk
        pages.let_go()
    assert in_memory(file) == 0
    assert in_memory(other) == len(_PIECE)
    assert file.read_bytes() == 2 * _PIECE


def test_files_that_come_go_or_rest_are_no_matter(folder: Path) -> None:
    pages = PhotoPages(folder)
    pages.let_go()
    file = folder / "photos_1.dat"
    append(file)
    pages.let_go()
    file.unlink()
    pages.let_go()
    assert pages._sizes == {}


async def test_a_folder_that_is_not_there_is_looked_for_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_pages, "_LOOK_EVERY_S", 0.01)
    pages = PhotoPages(folder / "later")
    keeping = asyncio.create_task(pages.keep_few())
    await asyncio.sleep(0.1)
    (folder / "later").mkdir()
    append(folder / "later" / "photos_1.dat")
    async with asyncio.timeout(5):
        while not pages._sizes:
            await asyncio.sleep(0.01)
    keeping.cancel()
