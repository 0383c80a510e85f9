"""Photos through memory: whole, once, and never needed."""

import asyncio
import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.common.recent_photos import SLOT_BYTES, SLOTS, RecentPhotos
from services.common.settings import S3Settings
from services.common.storage import PhotoStorage
from tests.servers.s3 import S3Server


def outcomes(outcome: str) -> float:
    return REGISTRY.get_sample_value("facetally_recent_photos_total", {"outcome": outcome}) or 0.0


def number(n: int) -> bytes:
    return n.to_bytes(2, "big") * 20_000


async def test_a_photo_is_taken_whole_once_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "recent"
    ingest, detect = RecentPhotos(path), RecentPhotos(path)
    assert detect.take("a") is None  # nobody has put anything there yet
    for kind in (bytes, bytearray, memoryview):
        ingest.put("a", kind(b"photo-" * 1000))
        assert detect.take("a") == b"photo-" * 1000
        assert detect.take("a") is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"photo-" not in path.read_bytes()


async def test_when_it_is_full_the_new_ones_are_left_out_until_an_old_one_is_taken(tmp_path: Path) -> None:
    ingest, detect = RecentPhotos(tmp_path / "recent"), RecentPhotos(tmp_path / "recent")
    before = outcomes("left_out")
    for n in range(SLOTS + 2):
        ingest.put(f"{n}", number(n))
    assert outcomes("left_out") - before == 2
    assert detect.take(f"{SLOTS}") is None
    assert detect.take("0") == number(0)
    ingest.put("new", number(7))
    assert detect.take("new") == number(7)
    assert [detect.take(f"{n}") for n in range(1, SLOTS)] == [number(n) for n in range(1, SLOTS)]


async def test_what_is_larger_than_a_slot_is_left_out(tmp_path: Path) -> None:
    ingest = RecentPhotos(tmp_path / "recent")
    ingest.put("large", bytes(SLOT_BYTES + 1))
    ingest.put("fits", bytes(SLOT_BYTES))
    assert ingest.take("large") is None
    assert ingest.take("fits") == bytes(SLOT_BYTES)


async def test_what_nobody_takes_is_removed(tmp_path: Path) -> None:
    ingest, detect = RecentPhotos(tmp_path / "recent", kept_s=0.05), RecentPhotos(tmp_path / "recent")
    ingest.put("a", b"photo-" * 1000)
    await asyncio.sleep(0.2)
    assert detect.take("a") is None
    assert b"photo-" not in (tmp_path / "recent").read_bytes()


async def test_who_begins_again_finds_it_empty(tmp_path: Path) -> None:
    RecentPhotos(tmp_path / "recent").put("a", b"of the one that was killed")
    again = RecentPhotos(tmp_path / "recent")
    again.put("b", b"b")
    assert again.take("a") is None
    assert again.take("b") == b"b"


async def test_a_photo_that_nobody_takes_keeps_its_own_slot_and_no_other(tmp_path: Path) -> None:
    ingest, detect = RecentPhotos(tmp_path / "recent"), RecentPhotos(tmp_path / "recent")
    ingest.put("never taken", b"x")
    before = outcomes("left_out")
    for n in range(2 * SLOTS):
        ingest.put(f"{n}", number(n))
        assert detect.take(f"{n}") == number(n)
    assert outcomes("left_out") == before


async def test_a_photo_that_was_wiped_while_it_was_copied_is_not_found(tmp_path: Path) -> None:
    ingest, detect = RecentPhotos(tmp_path / "recent"), RecentPhotos(tmp_path / "recent")
    ingest.put("a", b"photo-" * 1000)
    assert ingest._memory is not None
    at = ingest._memory.find(b"photo-photo-")
    ingest._memory[at + 600 : at + 1200] = bytes(600)  # so far somebody else has got
    assert detect.take("a") is None


async def test_who_ends_leaves_nothing_and_who_begins_anew_is_found(tmp_path: Path) -> None:
    path = tmp_path / "recent"
    ingest, detect = RecentPhotos(path), RecentPhotos(path)
    ingest.put("a", b"photo-" * 1000)
    assert detect.take("b") is None
    ingest.close()
    assert not path.exists()
    again = RecentPhotos(path)
    again.put("c", b"c")
    assert detect.take("d") is None, "and so looks for another file"
    assert detect.take("c") == b"c"
    detect.close()
    assert path.exists(), "it is not this one's"
    again.close()


async def test_what_a_killed_one_has_left_is_wiped(tmp_path: Path) -> None:
    RecentPhotos(tmp_path / "recent").put("a", b"photo-" * 1000)
    RecentPhotos(tmp_path / "recent").put("b", b"")
    assert b"photo-" not in (tmp_path / "recent").read_bytes()


async def test_where_no_file_can_be_made_nothing_is_kept(tmp_path: Path) -> None:
    nowhere = RecentPhotos(tmp_path / "missing" / "recent")
    nowhere.put("a", b"a")
    assert nowhere.take("a") is None
    (tmp_path / "short").write_bytes(b"somebody else's")
    assert RecentPhotos(tmp_path / "short").take("a") is None


def _take_all(path: Path, keys: int, found: "multiprocessing.Queue[list[tuple[int, bytes]]]") -> None:
    recent = RecentPhotos(path)
    taken = []
    for _ in range(200):
        for n in range(keys):
            photo = recent.take(f"{n}")
            if photo is not None:
                taken.append((n, photo))
    found.put(taken)


async def test_two_processes_never_take_a_part_of_a_photo(tmp_path: Path) -> None:
    keys = SLOTS
    context = multiprocessing.get_context("spawn")
    found: multiprocessing.Queue[list[tuple[int, bytes]]] = context.Queue()
    ingest = RecentPhotos(tmp_path / "recent")
    for n in range(keys):
        ingest.put(f"{n}", number(n))
    takers = [context.Process(target=_take_all, args=(tmp_path / "recent", keys, found)) for _ in range(2)]
    for taker in takers:
        taker.start()
    taken = [photo for _ in takers for photo in await asyncio.to_thread(found.get, timeout=60)]
    for taker in takers:
        taker.join()
    assert all(photo == number(n) for n, photo in taken)
    assert {n for n, _ in taken} == set(range(keys))


async def test_the_store_has_it_in_any_case(s3_server: S3Server, tmp_path: Path) -> None:
    plain = s3_server.settings("admin")
    given = S3Settings.model_validate({**plain.model_dump(), "recent_photos": tmp_path / "recent"})
    async with (
        PhotoStorage.connect(given) as ingest,
        PhotoStorage.connect(given) as detect,
        PhotoStorage.connect(plain) as s3,
    ):
        photo = os.urandom(1_000_000)
        await ingest.put("photos/recent.jpg", photo)
        taken = outcomes("taken")
        assert [await detect.get("photos/recent.jpg") for _ in range(2)] == [photo, photo]
        assert outcomes("taken") - taken == 1
        assert await s3.get("photos/recent.jpg") == photo


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
async def test_the_file_does_not_grow(tmp_path: Path, kind: type) -> None:
    ingest = RecentPhotos(tmp_path / "recent")
    ingest.put("0", b"")
    size = (tmp_path / "recent").stat().st_size
    for n in range(3 * SLOTS):
        ingest.put(f"{n}", kind(number(n)))
        ingest.take(f"{n}")
    assert (tmp_path / "recent").stat().st_size == size
