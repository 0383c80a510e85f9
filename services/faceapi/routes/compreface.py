"""CompreFace: POST /api/v1/detection/detect."""

import base64
import binascii
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from services.faceapi.domain.compreface import (
    Detection,
    DetectionError,
    FileBody,
    detection,
    read_plugins,
    wanted,
)
from services.faceapi.domain.photo import MAX_PHOTO_BYTES, of_size
from services.faceapi.domain.problems import invalid_body, no_file, unsupported_media
from services.faceapi.routes.answers import COMPREFACE_PATH, described
from services.faceapi.routes.bodies import media_type, read_files, read_json
from services.faceapi.routes.desk import AnyCaller

router = APIRouter(tags=["CompreFace"])
# base64 takes four bytes for three; the rest is the JSON around it.
_MAX_JSON_BYTES: Final = MAX_PHOTO_BYTES * 4 // 3 + 1024
_BODY: Final = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
        "application/json": {"schema": FileBody.model_json_schema()},
    },
}


@router.post(
    COMPREFACE_PATH,
    name="compreface_detect",
    summary="Detect faces",
    response_model=None,
    responses={
        200: {"model": Detection, "description": "Faces, the largest first"},
        **described(400, 401, 408, 415, 429, 503, body=DetectionError),
    },
    openapi_extra={"requestBody": _BODY},
)
async def detect(
    request: Request,
    caller: AnyCaller,
    limit: Annotated[int, Query(ge=0, le=100, description="Most faces; 0: all")] = 0,
    threshold: Annotated[float, Query(alias="det_prob_threshold", ge=0, le=1)] = 0.0,
    plugins: Annotated[
        str, Query(alias="face_plugins", description="Comma-separated: age, gender, landmarks, pose")
    ] = "",
    status: Annotated[bool, Query(description="Say which models it was")] = False,
) -> Response:
    """As CompreFace's detection service; a photo without a face is an error there (code 28)."""
    asked = read_plugins(plugins)
    with caller.inside():
        seen = await caller.ask(of_size(await _photo(request)), wanted(asked))
    answer = detection(seen, asked, limit, threshold, status=status)
    return Response(answer.model_dump_json(exclude_none=True), media_type="application/json")


async def _photo(request: Request) -> bytes:
    kind = media_type(request)
    if kind == "application/json":
        text = (await read_json(request, FileBody, _MAX_JSON_BYTES)).file
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise invalid_body() from error
    if kind != "multipart/form-data":
        raise unsupported_media("multipart/form-data", "application/json")
    files = await read_files(request, 1, MAX_PHOTO_BYTES)
    if not files:
        raise no_file()
    return files[0][1]
