"""Photos into SeaweedFS past its S3 gateway, which reads each photo's bytes several times over to hash them.

The bytes go to a volume, which keeps a checksum of its own; then the filer is told of them. From then on the photo is one as
any other: S3 lists, reads, expires and removes it (docs/adr/0014).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, Self

import aiohttp
import grpc.aio
from facetally.seaweedfs.v1 import filer_pb2 as filer

from services.common.errors import TransientError
from services.common.http_body import PhotoBody

_TIMEOUT_S: Final = 10.0
# Places asked for at a time, and for how long they are used: the token that comes with them ends after ten seconds.
_PLACES: Final = 8
_USED_FOR_S: Final = 5.0
_COOKIE_DIGITS: Final = 8
_BUCKETS: Final = "/buckets"
_MODE: Final = 0o660
_MIME: Final = "image/jpeg"


class _Place(NamedTuple):
    """Where the bytes of one photo go.

    Args:
        url: where they are written to.
        file_id: by which they are known from then on.
        token: allows to write them.
    """

    url: str
    file_id: str
    token: str


class SeaweedWriter:
    """Writes photos into one bucket.

    Args:
        channel: to the filer.
        session: to the volumes.
    """

    def __init__(self, channel: grpc.aio.Channel, session: aiohttp.ClientSession, bucket: str) -> None:
        self._session = session
        self._bucket = bucket
        self._knows_bucket = False
        self._places: list[_Place] = []
        self._places_until = 0.0
        self._asking: asyncio.Task[None] | None = None
        self._look_up = _method(channel, "LookupDirectoryEntry", filer.LookupDirectoryEntryResponse)
        self._assign = _method(channel, "AssignVolume", filer.AssignVolumeResponse)
        self._create = _method(channel, "CreateEntry", filer.CreateEntryResponse)

    @classmethod
    @asynccontextmanager
    async def connect(cls, address: str, session: aiohttp.ClientSession, bucket: str) -> AsyncIterator[Self]:
        """Open a channel to a filer, host:port of its gRPC; it need not be up yet."""
        async with grpc.aio.insecure_channel(address) as channel:
            yield cls(channel, session, bucket)

    async def put(self, key: str, photo: bytes | bytearray | memoryview) -> None:
        """Return once the store has the photo; putting it again replaces it.

        Where it fails half way the bytes may lie on a volume with nobody knowing of them; `weed shell` finds such (volume.fsck).

        Raises:
            TransientError: the store is away, slow or full, or there is no such bucket.
        """
        directory, _, name = f"{_BUCKETS}/{self._bucket}/{key}".rpartition("/")
        try:
            await self._require_bucket()
            chunk = await self._write(await self._place(f"{directory}/{name}"), photo)
            created = await self._create(
                filer.CreateEntryRequest(directory=directory, entry=_entry(name, chunk)), timeout=_TIMEOUT_S
            )
            _check(created.error)
        except (grpc.aio.AioRpcError, grpc.aio.UsageError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TransientError(f"the photo store is away: {type(error).__name__}") from error

    async def _require_bucket(self) -> None:
        """The filer would make one by itself, which nobody has set up."""
        if not self._knows_bucket:
            await self._look_up(
                filer.LookupDirectoryEntryRequest(directory=_BUCKETS, name=self._bucket), timeout=_TIMEOUT_S
            )
            self._knows_bucket = True

    async def _place(self, path: str) -> _Place:
        """A place that no other photo has; several are asked for at a time, of which some may stay empty."""
        while not self._places or asyncio.get_running_loop().time() > self._places_until:
            # Whoever needs one meanwhile waits for the same answer: if there is none, all of them hear so at once.
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask_for_places(path))
                # Those who wait for it hear how it failed; there may be none left.
                self._asking.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
            await asyncio.shield(self._asking)
        return self._places.pop()

    async def _ask_for_places(self, path: str) -> None:
        try:
            said = await self._assign(filer.AssignVolumeRequest(count=_PLACES, path=path), timeout=_TIMEOUT_S)
            _check(said.error)
            self._places = list(_places(said))
            self._places_until = asyncio.get_running_loop().time() + _USED_FOR_S
        finally:
            # Here and not when others are told: who came in between would wait for what is over, again and again.
            self._asking = None

    async def _write(self, place: _Place, photo: bytes | bytearray | memoryview) -> filer.FileChunk:
        headers = {
            "Authorization": f"BEARER {place.token}",
            "Content-Type": _MIME,
            "Content-Length": str(len(photo)),
        }
        async with self._session.put(place.url, data=PhotoBody(photo), headers=headers) as response:
            if response.status != 201:
                self._places.clear()  # the others are on the same volume
                raise TransientError(f"a volume of the photo store answered {response.status}")
            written = await response.json(content_type=None)
        if written["size"] != len(photo):
            raise TransientError("a volume of the photo store has kept a part of a photo")
        return filer.FileChunk(
            file_id=place.file_id, size=len(photo), modified_ts_ns=time.time_ns(), e_tag=written["eTag"]
        )


def _places(said: filer.AssignVolumeResponse) -> Iterator[_Place]:
    """All places that were given. The first is named: volume, comma, key and, in eight digits, a cookie. The next keys are the others'.

    The token is for the first one's name, and with _1, _2 and so on after it, for the others.
    """
    volume, _, key_and_cookie = said.file_id.partition(",")
    key, cookie = int(key_and_cookie[:-_COOKIE_DIGITS], 16), key_and_cookie[-_COOKIE_DIGITS:]
    for i in range(max(1, said.count)):
        digits = f"{key + i:x}"
        file_id = f"{volume},{digits.zfill(len(digits) + len(digits) % 2)}{cookie}"
        yield _Place(f"http://{said.location.url}/{said.file_id}{f'_{i}' if i else ''}", file_id, said.auth)


def _entry(name: str, chunk: filer.FileChunk) -> filer.Entry:
    now = chunk.modified_ts_ns // 1_000_000_000
    attributes = filer.FuseAttributes(file_size=chunk.size, mtime=now, crtime=now, file_mode=_MODE, mime=_MIME)
    return filer.Entry(name=name, chunks=[chunk], attributes=attributes)


def _check(error: str) -> None:
    if error:
        raise TransientError("the photo store refuses a photo")


def _method(channel: grpc.aio.Channel, name: str, answer: Any) -> Any:
    """A remote method of the filer."""
    return channel.unary_unary(
        f"/filer_pb.SeaweedFiler/{name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answer.FromString,
    )
