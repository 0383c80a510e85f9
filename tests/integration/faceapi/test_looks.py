"""How closely a photo is looked at decides what is found, and not where it is."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.servers.faceapi import FaceApiServer

DETECT = "/face/v1.0/detect?returnFaceId=false&returnFaceLandmarks=true"


def faces(server: FaceApiServer, photo: bytes, min_face_px: int) -> list[dict[str, Any]]:
    headers = {"Content-Type": "application/octet-stream", "Facetally-Min-Face-Px": str(min_face_px)}
    with server.http(**headers) as http:
        answer = http.post(DETECT, content=photo)
    found: list[dict[str, Any]] = answer.raise_for_status().json()
    return found


def overlap(one: dict[str, int], other: dict[str, int]) -> float:
    """Intersection over union of two rectangles."""
    across = min(one["left"] + one["width"], other["left"] + other["width"]) - max(one["left"], other["left"])
    down = min(one["top"] + one["height"], other["top"] + other["height"]) - max(one["top"], other["top"])
    both = max(across, 0) * max(down, 0)
    return both / (one["width"] * one["height"] + other["width"] * other["height"] - both)


@pytest.mark.parametrize("name", ["photo-01.jpg", "photo-05.jpg", "photo-10.jpg"])
@pytest.mark.parametrize("min_face_px", [36, 60, 200])
def test_a_face_stays_where_it_is(server: FaceApiServer, demo_photos: Path, name: str, min_face_px: int) -> None:
    photo = (demo_photos / name).read_bytes()
    as_usual = faces(server, photo, 100)
    closer = faces(server, photo, min_face_px)
    assert as_usual
    for face in as_usual:
        assert max(overlap(face["faceRectangle"], other["faceRectangle"]) for other in closer) > 0.85


def test_a_small_face_is_found_where_it_is_asked_for(server: FaceApiServer, demo_photos: Path) -> None:
    with Image.open(demo_photos / "photo-01.jpg") as photo:
        frame = Image.new("RGB", (1920, 1080), "grey")
        frame.paste(photo.resize((384, 216)), (700, 400))
    file = io.BytesIO()
    frame.save(file, "JPEG", quality=95)
    large = faces(server, (demo_photos / "photo-01.jpg").read_bytes(), 100)
    small = faces(server, file.getvalue(), 36)
    assert faces(server, file.getvalue(), 200) == []
    assert len(small) == len(large)
    for face in large:
        moved = {
            "left": 700 + face["faceRectangle"]["left"] // 5,
            "top": 400 + face["faceRectangle"]["top"] // 5,
            "width": face["faceRectangle"]["width"] // 5,
            "height": face["faceRectangle"]["height"] // 5,
        }
        assert max(overlap(moved, other["faceRectangle"]) for other in small) > 0.6
