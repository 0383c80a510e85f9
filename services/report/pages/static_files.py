"""Scripts, styles and fonts: compressed once, and not for everybody who asks."""

import gzip
from functools import cache
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

_WORTH_IT = frozenset({".css", ".js", ".json", ".svg"})


class CompressedStaticFiles(StaticFiles):
    """A folder whose texts go out compressed to whoever understands that. Its files do not change while it is served."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer as StaticFiles does, with less to carry."""
        response = await super().get_response(path, scope)
        file = getattr(response, "path", None)
        accepts = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if response.status_code != 200 or file is None or not accepts or Path(file).suffix not in _WORTH_IT:
            return response
        content = _compressed(str(file))
        answer = Response(content, media_type=response.media_type)
        for name in ("etag", "last-modified"):
            answer.headers[name] = response.headers[name]
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"
        return answer


@cache
def _compressed(file: str) -> bytes:
    return gzip.compress(Path(file).read_bytes(), 9)
