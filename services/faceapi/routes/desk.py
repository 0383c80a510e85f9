"""Where every protocol's questions are taken: who asks, whether there is room, and what is asked on their behalf."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Request, Security
from fastapi.security import APIKeyHeader
from prometheus_client import Counter

from services.faceapi.domain.faces import SeenPhoto, Wanted
from services.faceapi.domain.keys import SMALLEST_FACES_PX, ApiKey
from services.faceapi.handler.admission import Admission
from services.faceapi.handler.ask_faces import AskFaces

MIN_FACE_HEADER: Final = "Facetally-Min-Face-Px"
Fetch = Callable[[str], Awaitable[bytes]]

PHOTOS = Counter("facetally_faceapi_photos_total", "Photos that were looked at, by the name of the API key", ["key"])
FACES = Counter("facetally_faceapi_faces_total", "Faces that were answered with, by the name of the API key", ["key"])

_azure_key = APIKeyHeader(name="Ocp-Apim-Subscription-Key", scheme_name="AzureKey", auto_error=False)
_compreface_key = APIKeyHeader(name="x-api-key", scheme_name="ApiKey", auto_error=False)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes stand on.

    Args:
        admission: who may come in.
        ask_faces: what is asked on their behalf.
        fetch: gets a photo from an address.
    """

    admission: Admission
    ask_faces: AskFaces
    fetch: Fetch


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a key, and what they ask with."""

    desk: Desk
    key: ApiKey
    min_face_px: int

    @contextmanager
    def inside(self, photos: int = 1) -> Iterator[None]:
        """Room for one request, while the block runs. So many photos are counted as it enters."""
        with self.desk.admission.enter(self.key, photos):
            yield

    async def ask(self, photo: bytes, wanted: Wanted) -> SeenPhoto:
        """Faces of a photo; errors as of `AskFaces`."""
        seen = await self.desk.ask_faces(photo, self.min_face_px, wanted)
        PHOTOS.labels(self.key.name).inc()
        FACES.labels(self.key.name).inc(len(seen.faces))
        return seen


def identify(
    request: Request,
    azure_key: Annotated[str | None, Security(_azure_key)],
    compreface_key: Annotated[str | None, Security(_compreface_key)],
) -> ApiKey:
    """Whose request it is, before anything else is looked at."""
    desk: Desk = request.app.state.desk
    key = desk.admission.identify(azure_key or compreface_key)
    request.state.key_name = key.name
    return key


def call(
    request: Request,
    key: Annotated[ApiKey, Depends(identify)],
    min_face_px: Annotated[
        int | None,
        Header(
            alias=MIN_FACE_HEADER,
            ge=SMALLEST_FACES_PX[0],
            le=SMALLEST_FACES_PX[-1],
            description="Width of the smallest face to look for, pixels of a photo of up to 1920 x 1080; by default what the key "
            "says, which is 100 where nothing else was chosen. The time that it takes grows with the inverse square",
        ),
    ] = None,
) -> Caller:
    """Who asks, and with what."""
    return Caller(request.app.state.desk, key, min_face_px or key.min_face_px)


AnyCaller = Annotated[Caller, Depends(call)]
