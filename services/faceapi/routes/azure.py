"""Azure Face: POST /face/v1.0/detect, and the same under the versions that came after."""

import uuid
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from services.faceapi.domain.azure import (
    OFFERED,
    DetectedFace,
    DetectionModel,
    PhotoUrl,
    RecognitionModel,
    detected,
    read_question,
)
from services.faceapi.domain.photo import MAX_PHOTO_BYTES, of_size
from services.faceapi.domain.problems import unsupported_media
from services.faceapi.routes.answers import PROBLEMS
from services.faceapi.routes.bodies import media_type, read_bytes, read_json
from services.faceapi.routes.desk import AnyCaller, Fetch

router = APIRouter(tags=["Azure Face"])
_FACES: Final = TypeAdapter(list[DetectedFace])
_JSON: Final = frozenset({"application/json", "text/json"})
_PHOTO: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final = {
    "required": True,
    "content": {
        "application/octet-stream": _PHOTO,
        "application/json": {"schema": PhotoUrl.model_json_schema()},
    },
}


@router.post(
    "/face/{version}/detect",
    summary="Detect faces",
    response_model=None,
    responses={200: {"model": list[DetectedFace], "description": "Faces, the largest first, 100 at most"}, **PROBLEMS},
    openapi_extra={"requestBody": _BODY},
)
async def detect(
    request: Request,
    caller: AnyCaller,
    version: Annotated[
        str, Path(pattern=r"^v1\.[0-2](-preview(\.\d{1,3})?)?$", description="v1.0, v1.1, v1.2-preview.1 ...")
    ],
    face_id: Annotated[bool, Query(alias="returnFaceId")] = True,
    landmarks: Annotated[bool, Query(alias="returnFaceLandmarks")] = False,
    attributes: Annotated[
        str,
        Query(
            alias="returnFaceAttributes",
            description=f"Comma-separated: {', '.join(sorted(OFFERED))}",
            examples=["age,gender,emotion"],
        ),
    ] = "",
    recognition_model: Annotated[RecognitionModel, Query(alias="recognitionModel")] = "recognition_01",
    return_recognition_model: Annotated[bool, Query(alias="returnRecognitionModel")] = False,
    detection_model: Annotated[DetectionModel, Query(alias="detectionModel")] = "detection_01",
    face_id_time_to_live: Annotated[
        int, Query(alias="faceIdTimeToLive", ge=60, le=86_400, description="Read, and of no effect: nothing is kept")
    ] = 86_400,
) -> Response:
    """Where faces are, and what was asked for of each.

    Code that was written for Azure Face runs unchanged. The photo is the body itself (application/octet-stream), or is fetched
    from the address in {"url": ...}: JPEG, PNG, GIF (its first frame) or BMP, from 1 kB to 6 MB.
    """
    question = read_question(
        version,
        ",".join(request.query_params.getlist("returnFaceAttributes")) if attributes else "",
        detection_model,
        recognition_model,
        face_id=face_id,
        landmarks=landmarks,
        return_recognition_model=return_recognition_model,
    )
    with caller.inside():
        seen = await caller.ask(await _photo(request, caller.desk.fetch), question.wanted)
    answer = detected(seen, question, [str(uuid.uuid4()) for _ in seen.faces])
    return Response(_FACES.dump_json(answer, by_alias=True, exclude_none=True), media_type="application/json")


async def _photo(request: Request, fetch: Fetch) -> bytes:
    kind = media_type(request)
    if kind in _JSON:
        photo = await fetch((await read_json(request, PhotoUrl)).url)
    elif kind == "application/octet-stream" or kind.startswith("image/"):
        photo = await read_bytes(request, MAX_PHOTO_BYTES)
    else:
        raise unsupported_media("application/octet-stream", "application/json")
    return of_size(photo)
