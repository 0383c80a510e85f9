"""The face API keeps what its description promises: questions made up by schemathesis, some of them with real photos."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from PIL import Image
from schemathesis.specs.openapi.checks import ignored_auth, missing_required_header

from services.faceapi.routes.app import description
from tests.conftest import ROOT
from tests.described_api import CHECKS
from tests.servers.faceapi import FaceApiServer


def small(photo: Path) -> bytes:
    """The middle of a photo, with its faces, in as many bytes as need be."""
    with Image.open(photo) as picture:
        file = io.BytesIO()
        picture.resize((640, 360)).save(file, "JPEG", quality=80)
    return file.getvalue()


PHOTOS = [small(ROOT / "demo_photos" / f"{name}.jpg") for name in ("photo-01", "no-face")]
schemathesis.openapi.media_type("application/octet-stream", st.sampled_from(PHOTOS) | st.binary(max_size=3000))
api = schemathesis.openapi.from_dict(description())


def test_the_description_is_served_to_everybody(server: FaceApiServer) -> None:
    assert httpx.get(f"{server.url}/openapi.json").json() == json.loads(json.dumps(description()))


@api.parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
def test_no_question_breaks_it_and_every_answer_is_as_described(
    case: "schemathesis.Case[Any]", server: FaceApiServer
) -> None:
    headers = {"Ocp-Apim-Subscription-Key": server.key, "x-api-key": server.key}
    case.call_and_validate(
        base_url=server.url, checks=[*CHECKS, ignored_auth, missing_required_header], headers=headers
    )


@pytest.mark.parametrize("photo", PHOTOS)
def test_photos_that_are_made_up_questions_are_photos(server: FaceApiServer, photo: bytes) -> None:
    with server.http(**{"Content-Type": "application/octet-stream"}) as http:
        assert http.post("/face/v1.0/detect", content=photo).status_code == 200
