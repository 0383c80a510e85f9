"""The whole of it: start, warm up, let everything fail, wait until all is well again, and look."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final

from bench.chaos.cameras import Work
from bench.chaos.chronicle import Chronicle
from bench.chaos.evidence import Counts, left_in_streams, letters, remove_answered, stored, waiting
from bench.chaos.faults import Faults
from bench.chaos.footprint import files_in, footprints, left_running, zombies
from bench.chaos.machine import Rig, running_rig
from bench.chaos.plan import Fault, Kind, Planned
from bench.chaos.sending import Sending
from bench.chaos.verdict import Evidence, Held, Verdict, judge, leaks
from services.common.postgres import AWAY
from services.operate.command import checks
from services.operate.domain.findings import State
from services.operate.handler.diagnose import diagnose

_QUIET_S: Final = 4.0
_LOOK_EVERY_S: Final = 1.0
_KEPT_WITHIN_S: Final = 45.0
_RECORDED_WITHIN_S: Final = 90.0
_CONNECTIONS_CLOSE_WITHIN_S: Final = 25.0
# Faults that last for so long are shown to doctor, half way.
_DOCTOR_FROM_S: Final = 4.0
# In a line that is cut, cameras are told nothing; but they share two cores with everything that dies meanwhile.
_LONGEST_SILENCE_S: Final = 10.0
_ENDS_WITHIN_S: Final = 5.0
# After a minute a photo that lies in memory is dropped.
Say = Callable[[str], None]


@dataclass(slots=True)
class Story:
    """What happened.

    Args:
        refused: uploads that failed, and were tried again.
        longest_backlog_s: the longest that a photo waited from 226 to its row.
        told: what doctor said was wrong, by fault.
    """

    verdict: Verdict
    sent: int = 0
    refused: int = 0
    longest_backlog_s: float = 0.0
    told: dict[str, list[str]] = field(default_factory=dict)


class _Run:
    """One run on one machine."""

    def __init__(self, rig: Rig, chronicle: Chronicle, chance: Random, say: Say) -> None:
        self._rig = rig
        self._chronicle = chronicle
        self._chance = chance
        self._say = say
        self._faults = Faults(rig, chance)
        self._counts = Counts(rig.machine.dsn("owner"))
        self.longest_backlog_s = 0.0
        self.told: dict[str, list[str]] = defaultdict(list)
        self.unwanted: list[str] = []

    async def suffer(self, planned: Sequence[Planned]) -> None:
        """Do everything that is planned, at its time."""
        began = time.monotonic()
        watching = asyncio.create_task(self._watch_backlog())
        try:
            async with asyncio.TaskGroup() as tasks:
                for one in planned:
                    await asyncio.sleep(max(0.0, began + one.at_s - time.monotonic()))
                    tasks.create_task(self._do(one.fault))
                await asyncio.sleep(max(0.0, began + planned[-1].over_s - time.monotonic()))
        finally:
            watching.cancel()

    async def _do(self, fault: Fault) -> None:
        began = time.time()
        self._say(f"{fault} ...")
        async with self._faults.of(fault):
            if fault.lasts_s >= _DOCTOR_FROM_S:
                await asyncio.sleep(fault.lasts_s / 2)
                asked = time.time()
                await self._ask_doctor(fault)
                await asyncio.sleep(max(0.0, fault.lasts_s / 2 - (time.time() - asked)))
            else:
                await asyncio.sleep(fault.lasts_s)
        ended = time.time()
        back = ""
        if fault.kind in {Kind.KILL, Kind.KILL_TWICE, Kind.SKEW}:
            ready_s = await self._rig.ready_again(fault.target, fault.room_s)
            back = "; not ready yet" if ready_s is None else f"; ready again {time.time() - ended:.1f} s later"
        await asyncio.sleep(max(0.0, ended + fault.room_s / 2 - time.time()))
        answers = self._chronicle.answers(began, time.time())
        told = ", ".join(f"{count} x {answer}" for answer, count in answers.most_common())
        self._say(f"{fault}: {ended - began:.1f} s{back}. Cameras were told {told or 'nothing'}.")
        if fault.kind is Kind.CUT:
            self._see_that_cameras_noticed_nothing(began, ended)

    def _see_that_cameras_noticed_nothing(self, began: float, ended: float) -> None:
        refused = self._chronicle.refused(began, ended)
        silence_s = self._chronicle.longest_silence(began, ended)
        self._say(f"While headquarters was cut off, {refused} uploads failed; the longest pause was {silence_s:.1f} s.")
        if refused or silence_s > _LONGEST_SILENCE_S:
            self.unwanted.append(
                f"while headquarters was cut off, {refused} uploads failed, and none came for {silence_s:.1f} s"
            )

    async def _ask_doctor(self, fault: Fault) -> None:
        settings = self._rig.operator()
        wanted = [check for check in checks(settings) if check.subject != "weights"]
        found = await diagnose(wanted, settings.limit_s)
        for finding in found:
            if finding.state is not State.OK:
                self.told[str(fault)].append(f"{finding.subject}: {finding.says}")
                self._say(f"  doctor: {finding.state.value} {finding.subject}: {finding.says}")

    async def _watch_backlog(self) -> None:
        while True:
            with suppress(*AWAY):
                behind_s = self._chronicle.oldest_after(await self._counts.photos(), time.time())
                self.longest_backlog_s = max(self.longest_backlog_s, behind_s)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def settle(self, within_s: float) -> bool:
        """Wait until everything that was acknowledged is recorded and added up; whether that is so."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            with suppress(*AWAY):
                recorded = await self._counts.photos() >= len(self._chronicle.acknowledged)
                left = {name for name, messages in (await waiting(self._rig)).items() if messages}
                if recorded and not left and not await self._counts.stale_hours():
                    await asyncio.sleep(_QUIET_S)  # time for anything that would be counted twice
                    return True
                if recorded and left and all(name.startswith("stream") for name in left):  # and nobody waits for them
                    for name in await remove_answered(self._rig):
                        self._say(f"NATS had kept messages in {name} that were answered before it was killed.")
            await asyncio.sleep(_LOOK_EVERY_S)
        return False

    async def held(self) -> Held:
        """What the machine holds now."""
        programs = await asyncio.to_thread(footprints, self._rig.machine.supervisor.pids())
        return Held(programs, await self._counts.connections())

    async def held_after(self, before: Held) -> Held:
        """What it holds once connections that are not used any more have been closed."""
        deadline = time.monotonic() + _CONNECTIONS_CLOSE_WITHIN_S
        while leaks(before, after := await self.held()) and time.monotonic() < deadline:  # noqa: ASYNC110 - processes set no event
            await asyncio.sleep(_LOOK_EVERY_S)
        return after

    async def evidence(self, before: Held) -> Evidence:
        """Look at everything."""
        objects, damaged = await stored(self._rig.s3(), self._chance)
        return Evidence(
            acknowledged=frozenset(self._chronicle.acknowledged),
            objects=objects,
            damaged=damaged,
            rows=await self._counts.rows(),
            tallies=await self._counts.tallies(),
            letters=await letters(self._rig),
            waiting=await waiting(self._rig),
            before=before,
            after=await self.held_after(before),
            left_over=await _lasting_zombies(),
            unwanted=self.unwanted,
        )


async def _lasting_zombies() -> list[str]:
    before = zombies()
    await asyncio.sleep(_LOOK_EVERY_S)
    return [f"process {pid} is a zombie" for pid in sorted(before & zombies())]


async def _still_running(temporary: Path) -> list[str]:
    """Processes that do not end though all were told to; what is killed takes a moment."""
    deadline = time.monotonic() + _ENDS_WITHIN_S
    while (found := left_running(temporary)) and time.monotonic() < deadline:  # noqa: ASYNC110 - processes set no event
        await asyncio.sleep(_LOOK_EVERY_S)
    return found


async def torment(
    folder: Path, pool: Path, planned: Sequence[Planned], per_second: float, seed: int, warm_up_s: float, say: Say
) -> Story:
    """Let photos come, and everything fail as planned; then judge.

    Args:
        folder: new and empty; everything is in it.
        pool: folder of photos that cameras send.
        per_second: photos.
        warm_up_s: for how long photos come before the first fault.

    Raises:
        StartError: the machine did not come up.
        TimeoutError: what was killed was not started again.
    """
    chance = Random(seed)  # noqa: S311 - chance need not be cryptic
    async with running_rig(folder, lambda line: say(f"  {line}")) as rig:
        say("The machine is up.")
        work = Work(rig.machine.settings.ftp_port, rig.secrets, str(pool), per_second, seed)
        async with Sending.of(work, folder / "cameras.json") as sending:
            chronicle = sending.chronicle
            run = _Run(rig, chronicle, chance, say)
            await asyncio.sleep(warm_up_s)
            before = await run.held()
            known = {path.name for path in rig.machine.settings.state_dir.iterdir()}
            await run.suffer(planned)
            if not await sending.end(_KEPT_WITHIN_S):
                run.unwanted.append(f"{_KEPT_WITHIN_S:.0f} s after the last fault, cameras still had photos to send")
            say(f"{len(chronicle.acknowledged):,} photos have been acknowledged.")
        began = time.monotonic()
        well = await run.settle(_RECORDED_WITHIN_S)
        say(f"{'All is counted' if well else 'Not all is counted'} {time.monotonic() - began:.0f} s later.")
        if not well:
            for line in await left_in_streams(rig):
                say(f"  {line}")
        evidence = await run.evidence(before)
        for name, was in before.programs.items():
            if now := evidence.after.programs.get(name):
                say(f"  {name}: {was} before, {now} after")
        new = {path.name for path in rig.machine.settings.state_dir.iterdir()} - known
    left = await _still_running(folder / "tmp")
    left += [f"{name} is left in the folder of temporary files" for name in files_in(folder / "tmp")]
    left += [f"{name} is new in the state folder" for name in sorted(new)]
    if rig.memory_folder is not None and rig.memory_folder.exists():
        left.append(f"{rig.memory_folder} is still there")
    verdict = judge(replace(evidence, left_over=[*evidence.left_over, *left]))
    tries = chronicle.tries
    refused = chronicle.refused(0.0, time.time())
    return Story(verdict, len(tries), refused, run.longest_backlog_s, dict(run.told))
