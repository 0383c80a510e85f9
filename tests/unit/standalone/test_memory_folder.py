"""A folder in memory is this user's alone, or not used."""

import stat
from pathlib import Path

from services.standalone.adapters.memory_folder import memory_folder


def test_it_is_empty_private_and_gone_afterwards(tmp_path: Path) -> None:
    with memory_folder(Path("/state"), tmp_path) as folder:
        assert folder is not None
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "left").write_text("x")
        with memory_folder(Path("/other"), tmp_path) as other:
            assert other not in (folder, None)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_has_left_is_removed(tmp_path: Path) -> None:
    with memory_folder(Path("/state"), tmp_path) as folder:
        assert folder is not None
    folder.mkdir(mode=0o700)
    (folder / "recent").write_text("x")
    with memory_folder(Path("/state"), tmp_path) as again:
        assert again == folder
        assert list(folder.iterdir()) == []


def test_a_folder_that_others_may_enter_or_a_link_is_not_used(tmp_path: Path) -> None:
    with memory_folder(Path("/state"), tmp_path) as folder:
        assert folder is not None
    folder.mkdir(mode=0o755)
    (folder / "theirs").write_text("x")
    with memory_folder(Path("/state"), tmp_path) as refused:
        assert refused is None
    assert (folder / "theirs").exists()
    (folder / "theirs").unlink()
    folder.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)
    with memory_folder(Path("/state"), tmp_path) as refused:
        assert refused is None


def test_a_system_without_such_folders_has_none(tmp_path: Path) -> None:
    with memory_folder(Path("/state"), tmp_path / "missing") as folder:
        assert folder is None
