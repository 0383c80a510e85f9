"""A photo as the body of an HTTP request."""

import aiohttp
from aiohttp.abc import AbstractStreamWriter


class PhotoBody(aiohttp.BytesPayload):
    """A body that goes out from where it lies; aiohttp would copy it twice, to cut it and to prepend headers."""

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Send the headers, then the body."""
        writer.send_headers()
        await writer.write(memoryview(self._value))
