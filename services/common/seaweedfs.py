"""Photos into SeaweedFS past its S3 gateway, which reads each photo's bytes several times over to hash them.

The bytes go to a volume, which keeps a checksum of its own; then the filer is told of them. From then on the photo is one as
any other: S3 lists, reads, expires and removes it (docs/adr/0014).
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import aiohttp
import grpc.aio
from facetally.seaweedfs.v1 import filer_pb2 as filer

from services.common.errors import TransientError
from services.common.http_body import PhotoBody

_TIMEOUT_S: Final = 10.0
_BUCKETS: Final = "/buckets"
_MODE: Final = 0o660
_MIME: Final = "image/jpeg"


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
            place = await self._assign(
                filer.AssignVolumeRequest(count=1, path=f"{directory}/{name}"), timeout=_TIMEOUT_S
            )
            _check(place.error)
            chunk = await self._write(place, photo)
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

    async def _write(self, place: filer.AssignVolumeResponse, photo: bytes | bytearray | memoryview) -> filer.FileChunk:
        headers = {
            "Authorization": f"BEARER {place.auth}",
            "Content-Type": _MIME,
            "Content-Length": str(len(photo)),
        }
        url = f"http://{place.location.url}/{place.file_id}"
        async with self._session.put(url, data=PhotoBody(photo), headers=headers) as response:
            if response.status != 201:
                raise TransientError(f"a volume of the photo store answered {response.status}")
            written = await response.json(content_type=None)
        if written["size"] != len(photo):
            raise TransientError("a volume of the photo store has kept a part of a photo")
        return filer.FileChunk(
            file_id=place.file_id, size=len(photo), modified_ts_ns=time.time_ns(), e_tag=written["eTag"]
        )


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
