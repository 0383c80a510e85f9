"""The face API on a machine of its own, as `make up` starts it, and where the time of a request goes."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import aiohttp
import psutil
from prometheus_client.parser import text_string_to_metric_families

from bench.chain.machine import settings_of_its_own
from bench.faceapi.load import LoadError, Side
from services.common.messaging import MessageBus
from services.common.settings import NatsSettings
from services.faceapi.adapters.kv_key_store import KvKeyStore
from services.faceapi.adapters.nats_models import NatsModels
from services.faceapi.domain.faces import Wanted
from services.faceapi.domain.keys import KEY_BYTES, MAX_BURST, MAX_REQUESTS_PER_SECOND, ApiKey, digest
from services.faceapi.handler.ask_faces import AskFaces
from services.standalone.domain import detect_names
from services.standalone.machine import Machine, running_machine

# What a key is given where nothing else is chosen.
USUAL_FACE_PX: Final = 100
NAME: Final = "facetally"
# Two of its processes; the others are those that detect, and classify.
FACE_API: Final = "faceapi"
NATS: Final = "nats-server"
_DETECT: Final = "/face/v1.0/detect?returnFaceId=false&returnFaceAttributes=age,gender,emotion"
# The same, as the service asks it.
_WANTED: Final = Wanted(age_and_gender=True, emotion=True)
_ANSWER_WITHIN_S: Final = 10.0
_KNOWN_WITHIN_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.1
# What services measure of themselves, by what it is called here: of a metric without labels, or of one of its labels.
_STEPS: Final = {
    ("facetally_detect_step_seconds_sum", "decode"): "decode",
    ("facetally_detect_step_seconds_sum", "find"): "find",
    ("facetally_detect_step_seconds_sum", "cut"): "cut",
    ("facetally_classify_batch_seconds_sum", None): "nets",
}
STEPS: Final = tuple(_STEPS.values())


class Ours:
    """The running machine, and a key to its face API.

    Args:
        machine: that runs.
        key: of the face API, so much that it is never too much.
    """

    def __init__(self, machine: Machine, key: str, ask: AskFaces) -> None:
        self._machine = machine
        self._key = key
        self._ask = ask
        pids = machine.supervisor.pids()
        self._detects = detect_names(machine.settings.detect_workers)
        self._processes = {name: psutil.Process(pids[name]) for name in (FACE_API, NATS, *self._detects)}

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path) -> AsyncIterator[Self]:
        """A machine in a new folder, its face API ready, for as long as the block runs."""
        async with running_machine(settings_of_its_own(folder), lambda _: None) as machine:
            key = secrets.token_urlsafe(KEY_BYTES)
            await _register(machine, key)
            settings = NatsSettings.model_validate(machine.nats("faceapi"))
            async with MessageBus.connect(settings, "faceapi") as bus:
                ours = cls(machine, key, AskFaces(NatsModels(bus, _ANSWER_WITHIN_S)))
                await ours._until_known()
                yield ours

    def side(self, min_face_px: int | None = None) -> Side:
        """The face API, as clients ask it.

        Args:
            min_face_px: the smallest face to look for; by default what the key says.
        """
        headers = {"Ocp-Apim-Subscription-Key": self._key, "Content-Type": "application/octet-stream"}
        if min_face_px is not None:
            headers["Facetally-Min-Face-Px"] = str(min_face_px)
        return Side(NAME, self._machine.face_api_url.rstrip("/") + _DETECT, headers, self._processes)

    async def ask_directly(self, photos: Iterable[bytes], min_face_px: int) -> list[float]:
        """Ask detect and classify about photos, one after the other, as the service does, without HTTP: milliseconds of each."""
        took_ms = []
        for photo in photos:
            began = time.perf_counter()
            await self._ask(photo, min_face_px, _WANTED)
            took_ms.append((time.perf_counter() - began) * 1000)
        return took_ms

    async def step_ms(self) -> dict[str, float]:
        """Milliseconds that detects have spent in each step so far, classifying included, all of them together."""
        spent = dict.fromkeys(STEPS, 0.0)
        async with aiohttp.ClientSession() as session:
            for name in self._detects:
                address = f"http://127.0.0.1:{self._machine.ports.health[name]}/metrics"
                async with session.get(address) as answer:
                    text = await answer.text()
                for step, ms in steps_in(text):
                    spent[step] += ms
        return spent

    async def _until_known(self) -> None:
        """Wait until the face API has heard of the key. What comes without a photo is an error either way, but not the same."""
        side = self.side()
        try:
            async with aiohttp.ClientSession(headers=side.headers) as session, asyncio.timeout(_KNOWN_WITHIN_S):
                while True:
                    async with session.post(side.url, data=b"") as answer:
                        if answer.status != 401:
                            return
                    await asyncio.sleep(_LOOK_EVERY_S)
        except TimeoutError as error:
            raise LoadError("the face API does not know its key") from error


def steps_in(metrics: str) -> list[tuple[str, float]]:
    """Steps and milliseconds that a detect has spent in each.

    Args:
        metrics: as /metrics says them.
    """
    samples = [sample for family in text_string_to_metric_families(metrics) for sample in family.samples]
    known = [(_STEPS.get((sample.name, sample.labels.get("step"))), sample.value) for sample in samples]
    return [(step, seconds * 1000) for step, seconds in known if step is not None]


async def _register(machine: Machine, key: str) -> None:
    settings = NatsSettings.model_validate(machine.nats("keys"))
    known = ApiKey("bench", digest(key), MAX_REQUESTS_PER_SECOND, MAX_BURST, USUAL_FACE_PX, datetime.now(UTC))
    async with KvKeyStore.connect(settings) as store:
        await store.add(known)
