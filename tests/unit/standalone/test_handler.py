"""Start together, end in the opposite order, start the dead again."""

import asyncio

import pytest

from services.standalone.domain import Program
from services.standalone.handler import StartError, Supervisor
from tests.fakes.launcher import FakeLauncher


def program(name: str, *, ready: bool = True, ready_within_s: float = 0.3) -> Program:
    async def probe() -> bool:
        return ready

    return Program(name, (name,), probe, ready_within_s=ready_within_s, stop_within_s=0.2)


class Bench:
    """A supervisor on fakes."""

    def __init__(self) -> None:
        self.launcher = FakeLauncher()
        self.said: list[str] = []
        self.supervisor = Supervisor(self.launcher, self.said.append)


async def test_programs_are_ready_when_start_returns_and_end_in_the_opposite_order() -> None:
    bench = Bench()
    await bench.supervisor.start(program("nats"))
    await bench.supervisor.start(program("ingest"))
    assert [line.split(" (")[0] for line in bench.said] == ["nats is ready", "ingest is ready"]
    await bench.supervisor.stop()
    assert bench.launcher.history == ["start nats", "start ingest", "SIGTERM ingest", "SIGTERM nats"]


async def test_a_program_that_is_never_ready_is_named_with_its_last_words() -> None:
    bench = Bench()
    with pytest.raises(StartError, match=r"slow was not ready within 0 s[^\n]*\n    slow said goodbye"):
        await bench.supervisor.start(program("quick"), program("slow", ready=False))
    await bench.supervisor.stop()
    assert {"SIGTERM quick", "SIGTERM slow"} <= set(bench.launcher.history), "nothing is left running"


async def test_a_program_that_ends_while_starting_is_named() -> None:
    bench = Bench()
    starting = asyncio.create_task(bench.supervisor.start(program("broken", ready=False, ready_within_s=20)))
    while "broken" not in bench.launcher.running:
        await asyncio.sleep(0)
    bench.launcher.running["broken"].end(3)
    with pytest.raises(StartError, match="broken ended with status 3"):
        await starting


async def test_a_dead_program_is_started_again_until_we_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.standalone.handler.restart_pause_s", lambda _: 0.0)
    bench = Bench()
    await bench.supervisor.start(program("detect"))
    for _ in range(3):
        dead = bench.launcher.running["detect"]
        dead.end(-9)
        async with asyncio.timeout(5):
            while bench.launcher.running["detect"] is dead:
                await asyncio.sleep(0)
    await bench.supervisor.stop()
    assert bench.launcher.history.count("start detect") == 4
    assert sum("detect died (status -9)" in line for line in bench.said) == 3


async def test_what_does_not_stop_is_killed() -> None:
    bench = Bench()
    bench.launcher.stubborn.add("stuck")
    await bench.supervisor.start(program("stuck"))
    await bench.supervisor.stop()
    assert bench.launcher.history[-2:] == ["SIGTERM stuck", "SIGKILL stuck"]


async def test_a_job_that_fails_is_named() -> None:
    bench = Bench()
    running = asyncio.create_task(bench.supervisor.run(Program("provision", ("p",), None)))
    while "provision" not in bench.launcher.running:
        await asyncio.sleep(0)
    bench.launcher.running["provision"].end(1)
    with pytest.raises(StartError, match="provision ended with status 1"):
        await running
