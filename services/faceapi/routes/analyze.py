"""Ours: POST /v1/analyze, for several photos at once."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from services.common.errors import BadInputError, TransientError
from services.faceapi.domain.analysis import (
    MAX_PHOTOS,
    Analysis,
    AnalyzedPhoto,
    Feature,
    PhotoProblem,
    PhotoUrls,
    analyzed,
    read_features,
    wanted,
)
from services.faceapi.domain.photo import of_size
from services.faceapi.domain.problems import ProblemError, busy, of_reason, unsupported_media, wrong_argument
from services.faceapi.routes.answers import described
from services.faceapi.routes.bodies import media_type, read_files, read_json
from services.faceapi.routes.desk import AnyCaller, Caller

router = APIRouter(tags=["facetally"])
_MAX_BYTES: Final = 32 << 20
_AT_ONCE: Final = 4
_BODY: Final = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "photo": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "minItems": 1,
                        "maxItems": MAX_PHOTOS,
                    }
                },
                "required": ["photo"],
            }
        },
        "application/json": {"schema": PhotoUrls.model_json_schema()},
    },
}


@router.post(
    "/v1/analyze",
    summary="Analyze several photos",
    response_model=None,
    responses={
        200: {
            "model": Analysis,
            "description": "Photos in their order, each with its faces or with what is wrong with it",
        },
        **described(400, 401, 408, 415, 429, 503),
    },
    openapi_extra={"requestBody": _BODY},
)
async def analyze(
    request: Request,
    caller: AnyCaller,
    features: Annotated[str, Query(description=f"Comma-separated: {', '.join(Feature)}")] = "age,gender,emotion",
) -> Response:
    """Up to 16 photos in one request, as files of a form or as {"urls": [...]}; 6 MB each, 32 MB together.

    Each counts as a request of the key. One that cannot be read says so in its place; the others are answered.
    """
    asked = read_features(features)
    with caller.inside(photos=0):
        photos = await _photos(request)
        caller.desk.admission.count(caller.key, len(photos))
        turns = asyncio.Semaphore(_AT_ONCE)
        answers = await asyncio.gather(*(_one(caller, name, photo, asked, turns) for name, photo in photos))
    body = Analysis(photos=answers).model_dump_json(by_alias=True, exclude_none=True)
    return Response(body, media_type="application/json")


async def _photos(request: Request) -> list[tuple[str, bytes | None]]:
    """Names and contents; None where the name is an address to fetch from."""
    kind = media_type(request)
    if kind == "application/json":
        return [(url, None) for url in (await read_json(request, PhotoUrls)).urls]
    if kind != "multipart/form-data":
        raise unsupported_media("multipart/form-data", "application/json")
    files = await read_files(request, MAX_PHOTOS, _MAX_BYTES)
    if not files:
        raise wrong_argument(f"A request has 1 to {MAX_PHOTOS} photos.")
    return [*files]


async def _one(
    caller: Caller, name: str, photo: bytes | None, features: frozenset[Feature], turns: asyncio.Semaphore
) -> AnalyzedPhoto:
    async with turns:
        try:
            content = await caller.desk.fetch(name) if photo is None else photo
            return analyzed(name, await caller.ask(of_size(content), wanted(features)), features)
        except ProblemError as error:
            problem = error
        except BadInputError as error:
            problem = of_reason(error.reason)
        except TransientError:
            problem = busy()
    return AnalyzedPhoto(name=name, error=PhotoProblem(code=problem.code, message=problem.message))
