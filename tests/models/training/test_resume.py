"""However often a run is killed, it ends with the same weights, to the bit."""

import multiprocessing
import os
import random
import socket
import time
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from models.training import __main__ as command
from models.training.loop import CHECKPOINTS
from tests.models.data_sets import write_config

KILLS = 5
WEIGHTS = "eight-people-net.safetensors"
DEADLINE_S = 60.0


@pytest.fixture(scope="module")
def fork_server() -> ForkServerContext:
    """Processes that have everything imported already, so that kills meet training."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([command.__name__, "mlflow", "torchvision.models"])
    return context


def train(path: Path, *options: str) -> None:
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        command.app([str(path), *options], standalone_mode=False)


def finish(context: ForkServerContext, path: Path, *options: str) -> None:
    process = context.Process(target=train, args=(path, *options))
    process.start()
    process.join(DEADLINE_S)
    assert process.exitcode == 0


def config(folder: Path, data: Path) -> Path:
    folder.mkdir()
    (folder / "faces").symlink_to(data)
    return write_config(folder, epochs=4)


@pytest.fixture(scope="module")
def uninterrupted(
    fork_server: ForkServerContext, tmp_path_factory: pytest.TempPathFactory, data_set_folder: Path
) -> bytes:
    path = config(tmp_path_factory.mktemp("once") / "a", data_set_folder)
    finish(fork_server, path)
    return (path.parent / "run" / WEIGHTS).read_bytes()


def places(run: Path) -> list[str]:
    """Whole checkpoints, and what was being written."""
    return sorted(each.name for each in (run / CHECKPOINTS).glob("*"))


def newest(run: Path) -> str:
    """The last checkpoint that is whole; empty where there is none."""
    return max((name for name in places(run) if name.startswith("checkpoint-")), default="")


def test_killed_again_and_again(
    fork_server: ForkServerContext, uninterrupted: bytes, tmp_path: Path, data_set_folder: Path
) -> None:
    path = config(tmp_path / "killed", data_set_folder)
    run = path.parent / "run"
    killed_in = []
    chance = random.Random(3)
    for _ in range(KILLS):
        before = newest(run)
        process = fork_server.Process(target=train, args=(path, "--resume"))
        process.start()
        began = time.monotonic()
        # It is killed at some moment after it got further: in a step, between two, or while a checkpoint is written.
        while newest(run) == before and time.monotonic() - began < DEADLINE_S:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.join(DEADLINE_S)
        assert process.exitcode == -9, "it was done before it could be killed"
        killed_in.append(newest(run))
    assert killed_in == sorted(set(killed_in)), "every start got further"
    assert not (run / WEIGHTS).exists()
    finish(fork_server, path, "--resume")
    assert (run / WEIGHTS).read_bytes() == uninterrupted


def test_a_damaged_checkpoint_costs_steps_and_no_bit(
    fork_server: ForkServerContext, uninterrupted: bytes, tmp_path: Path, data_set_folder: Path
) -> None:
    path = config(tmp_path / "damaged", data_set_folder)
    run = path.parent / "run"
    finish(fork_server, path)
    tensors = run / CHECKPOINTS / places(run)[-1] / "tensors.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:-100])
    (run / WEIGHTS).unlink()
    finish(fork_server, path, "--resume")
    assert (run / WEIGHTS).read_bytes() == uninterrupted


def test_a_run_that_is_done_is_done_again_at_no_cost(
    fork_server: ForkServerContext, uninterrupted: bytes, tmp_path: Path, data_set_folder: Path
) -> None:
    path = config(tmp_path / "done", data_set_folder)
    run = path.parent / "run"
    finish(fork_server, path)
    before = places(run)
    (run / WEIGHTS).unlink()
    finish(fork_server, path, "--resume")
    assert places(run) == before
    assert (run / WEIGHTS).read_bytes() == uninterrupted


def train_in_world(path: Path, rank: int, port: int) -> None:
    """As torchrun starts it."""
    os.environ |= {
        "WORLD_SIZE": "2", "RANK": str(rank), "LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip
    train(path, "--resume")


def two_processes(context: ForkServerContext, path: Path) -> list[ForkServerProcess]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    processes = [context.Process(target=train_in_world, args=(path, rank, port)) for rank in range(2)]
    for process in processes:
        process.start()
    return processes


def test_two_processes_train_one_net_and_go_on_after_a_kill(
    fork_server: ForkServerContext, uninterrupted: bytes, tmp_path: Path, data_set_folder: Path
) -> None:
    ends = []
    for name, is_killed in (("once", False), ("killed", True)):
        path = config(tmp_path / name, data_set_folder)
        run = path.parent / "run"
        processes = two_processes(fork_server, path)
        if is_killed:
            began = time.monotonic()
            while len(places(run)) < 2 and time.monotonic() - began < DEADLINE_S:
                time.sleep(0.001)
            for process in processes:
                process.kill()
                process.join(DEADLINE_S)
                assert process.exitcode == -9
            processes = two_processes(fork_server, path)
        for process in processes:
            process.join(DEADLINE_S)
            assert process.exitcode == 0
        ends.append((run / WEIGHTS).read_bytes())
    assert ends[0] == ends[1]
    assert ends[0] != uninterrupted, "each normalises by its own half of a batch"


def test_a_run_is_not_mixed_up_with_another(
    tmp_path: Path, data_set_folder: Path, fork_server: ForkServerContext
) -> None:
    path = config(tmp_path / "mixed", data_set_folder)
    finish(fork_server, path)
    (refused, _) = context_exit(fork_server, path)
    assert refused == 1
    path.write_text(path.read_text().replace("seed = 7", "seed = 8"))
    (refused, said) = context_exit(fork_server, path, "--resume")
    assert refused == 1
    assert "another config" in said


def context_exit(context: ForkServerContext, path: Path, *options: str) -> tuple[int | None, str]:
    said = path.with_suffix(".log")
    process = context.Process(target=_logged, args=(said, path, *options))
    process.start()
    process.join(DEADLINE_S)
    return process.exitcode, said.read_text()


def _logged(said: Path, path: Path, *options: str) -> None:
    try:
        train(path, *options)
    except SystemExit as error:
        said.write_text(str(error.code))
        raise SystemExit(1) from error
