"""What comes with a request: read to its end, and no further than its limit."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from services.faceapi.domain.problems import ProblemError, invalid_body, invalid_json, too_big, too_slow, wrong_argument

# An address, and what surrounds it.
MAX_JSON_BYTES: Final = 64 << 10
_WITHIN_S: Final = 20.0
_MAX_FIELDS: Final = 16
# Headers and boundaries around each file of a form.
_FORM_BYTES: Final = 64 << 10

B = TypeVar("B", bound=BaseModel)


def media_type(request: Request) -> str:
    """What the body says it is, in lower case and without parameters."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


async def read_bytes(request: Request, most: int, too_much: Callable[[], ProblemError] = too_big) -> bytes:
    """The body.

    Raises:
        ProblemError: it is larger than that, or has not come after 20 seconds.
    """
    async with _in_time():
        return b"".join([chunk async for chunk in _chunks(request, most, too_much)])


async def read_json(request: Request, kind: type[B], most: int = MAX_JSON_BYTES) -> B:
    """The body, which is JSON.

    Raises:
        ProblemError: as `read_bytes`; it is no JSON, or other JSON.
    """
    try:
        content = json.loads(await read_bytes(request, most, invalid_body))
    except (ValueError, RecursionError) as error:
        raise invalid_json() from error
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise invalid_body() from error


async def read_files(request: Request, most_files: int, most: int) -> list[tuple[str, bytes]]:
    """The files of a form, in their order: names and contents.

    Args:
        request: multipart/form-data.
        most_files: that it may have.
        most: bytes of all of them together.

    Raises:
        ProblemError: as `read_bytes`; it is no form, or has too much in it.
    """
    chunks = _chunks(request, most + most_files * _FORM_BYTES, too_big)
    parser = MultiPartParser(request.headers, chunks, max_files=most_files, max_fields=_MAX_FIELDS)
    parser.spool_max_size = most  # nothing of a photo goes to a disk
    async with _in_time():
        try:
            form = await parser.parse()
        except MultiPartException as error:  # it says which of the limits
            raise wrong_argument(error.message) from error
        except (KeyError, UnicodeDecodeError) as error:  # KeyError: no boundary
            raise invalid_body() from error
        try:
            return [(f.filename or "", await f.read()) for _, f in form.multi_items() if isinstance(f, UploadFile)]
        finally:
            await form.close()


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_WITHIN_S):
            yield
    except TimeoutError as error:
        raise too_slow() from error


async def _chunks(request: Request, most: int, too_much: Callable[[], ProblemError]) -> AsyncGenerator[bytes, None]:
    declared = request.headers.get("Content-Length", "")
    if declared.isdecimal() and (len(declared) > len(str(most)) or int(declared) > most):
        raise too_much()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise too_much()
        yield chunk
