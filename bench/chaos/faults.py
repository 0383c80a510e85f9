"""How each fault is done, and taken back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from random import Random
from typing import Final

from bench.chaos.machine import Rig
from bench.chaos.plan import Fault, Kind
from services.common.messaging import MessageBus
from services.common.streams import FACES, PHOTOS, RESULTS, Stream
from services.provision.adapters.nats_streams import NatsStreams
from tests.servers.store_proxy import Mood

NONSENSE: Final = b"\xff nonsense"
_STREAMS: Final = {stream.name: stream for stream in (PHOTOS, FACES, RESULTS)}
# Who takes messages out of a stream; RESULTS keeps them.
_READERS: Final = {"PHOTOS": ("detect-1", "detect-2"), "FACES": ("classify",), "RESULTS": ()}
# What a stream still takes before it is full.
_LEFT_BYTES: Final = {"PHOTOS": 4_000, "FACES": 200_000, "RESULTS": 4_000}
_STOPPED_S, _RUNS_S = 0.3, 0.1
_SECOND_KILL_AFTER_S: Final = 0.7
_WRONG_HOURS: Final = (-5, -3, 3, 5)


class Faults:
    """All of them, done to one machine."""

    def __init__(self, rig: Rig, chance: Random) -> None:
        self._rig = rig
        self._chance = chance
        self._how: dict[Kind, Callable[[str], AbstractAsyncContextManager[None]]] = {
            Kind.KILL: self._killed,
            Kind.KILL_TWICE: self._killed_twice,
            Kind.FILL: self._full,
            Kind.SLOW: self._slow,
            Kind.FREEZE: self._frozen,
            Kind.REFUSE: self._refused,
            Kind.CUT: self._cut_off,
            Kind.SKEW: self._wrong_clock,
            Kind.NONSENSE: self._nonsense,
        }

    def of(self, fault: Fault) -> AbstractAsyncContextManager[None]:
        """The fault lasts while the block runs; a kill happens when it begins."""
        return self._how[fault.kind](fault.target)

    def _signal(self, name: str, number: signal.Signals) -> int:
        """Signal a program, and tell its process id; nothing happens where it has just died."""
        pid = self._rig.pid(name)
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        return pid

    @asynccontextmanager
    async def _killed(self, name: str) -> AsyncIterator[None]:
        await self._rig.started_again(name, self._signal(name, signal.SIGKILL))
        yield

    @asynccontextmanager
    async def _killed_twice(self, name: str) -> AsyncIterator[None]:
        await self._rig.started_again(name, self._signal(name, signal.SIGKILL))
        await asyncio.sleep(_SECOND_KILL_AFTER_S)
        await self._rig.started_again(name, self._signal(name, signal.SIGKILL))
        yield

    @asynccontextmanager
    async def _full(self, name: str) -> AsyncIterator[None]:
        """The stream may hold no more than what is in it, and nobody takes anything out."""
        stream: Stream = _STREAMS[name]
        async with MessageBus.connect(self._rig.nats("admin"), "chaos") as bus:
            streams = NatsStreams(bus.jetstream)
            for reader in _READERS[name]:
                self._signal(reader, signal.SIGSTOP)
            try:
                state = (await bus.jetstream.stream_info(name)).state
                await streams.ensure_stream(replace(stream, max_bytes=state.bytes + _LEFT_BYTES[name]))
                yield
            finally:
                for reader in _READERS[name]:
                    self._signal(reader, signal.SIGCONT)
                await streams.ensure_stream(stream)

    @asynccontextmanager
    async def _slow(self, name: str) -> AsyncIterator[None]:
        """It runs for a quarter of the time, in short pieces."""

        async def alternate() -> None:
            while True:
                self._signal(name, signal.SIGSTOP)
                await asyncio.sleep(_STOPPED_S)
                self._signal(name, signal.SIGCONT)
                await asyncio.sleep(_RUNS_S)

        task = asyncio.create_task(alternate())
        try:
            yield
        finally:
            task.cancel()
            self._signal(name, signal.SIGCONT)

    @asynccontextmanager
    async def _frozen(self, name: str) -> AsyncIterator[None]:
        """Connections are taken, and nothing is answered."""
        self._signal(name, signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(name, signal.SIGCONT)

    @asynccontextmanager
    async def _refused(self, _: str) -> AsyncIterator[None]:
        self._rig.turn_store(Mood.FAILS)
        try:
            yield
        finally:
            self._rig.turn_store(Mood.PASSES)

    @asynccontextmanager
    async def _cut_off(self, _: str) -> AsyncIterator[None]:
        self._rig.line.cut()
        try:
            yield
        finally:
            self._rig.line.mend()

    @asynccontextmanager
    async def _wrong_clock(self, name: str) -> AsyncIterator[None]:
        """The program dies, comes up with a clock that is hours off, dies again, and comes up with a right one."""
        self._rig.set_clock(name, self._chance.choice(_WRONG_HOURS))
        try:
            await self._rig.started_again(name, self._signal(name, signal.SIGKILL))
            yield
        finally:
            self._rig.set_clock(name, 0)
            await self._rig.started_again(name, self._signal(name, signal.SIGKILL))

    @asynccontextmanager
    async def _nonsense(self, _: str) -> AsyncIterator[None]:
        """Messages that nobody can read, on every stream."""
        async with MessageBus.connect(self._rig.nats("admin"), "chaos") as bus:
            for stage in ("photos", "faces", "results"):
                await bus.publish_bytes(f"{stage}.europe.shop-000", NONSENSE, {"Nats-Msg-Id": f"nonsense-{stage}"})
        yield
