"""CompreFace's own client, and several photos at once, on the real thing."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from compreface import CompreFace
from compreface.service import DetectionService

from tests.servers.faceapi import FaceApiServer

# CompreFace's client leaves it to chance when the photos that it reads are closed.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def compreface(server: FaceApiServer) -> DetectionService:
    address = urlsplit(server.url)
    return CompreFace(f"http://{address.hostname}", str(address.port)).init_face_detection(server.key)


def test_comprefaces_client_reads_faces(server: FaceApiServer, demo_photos: Path) -> None:
    options = {"limit": 0, "det_prob_threshold": 0.5, "face_plugins": "age,gender,landmarks", "status": "true"}
    answer = compreface(server).detect(str(demo_photos / "photo-01.jpg"), options)
    assert len(answer["result"]) == 2
    for face in answer["result"]:
        box = face["box"]
        assert 0.5 < box["probability"] <= 1
        assert 5 < face["age"]["low"] < face["age"]["high"] < 95
        assert face["gender"]["value"] in ("male", "female")
        left, right, nose, mouth_left, mouth_right = face["landmarks"]
        assert box["x_min"] < left[0] < nose[0] < right[0] < box["x_max"]
        assert mouth_left[0] < mouth_right[0]
        assert left[1] < nose[1] < mouth_left[1]
    assert answer["plugins_versions"]["detector"].startswith("dlib-")


def test_comprefaces_client_reads_its_error_of_nobody(server: FaceApiServer, demo_photos: Path) -> None:
    answer = compreface(server).detect(str(demo_photos / "no-face.jpg"), {"face_plugins": "age"})
    assert answer == {"message": "No face is found in the given image", "code": 28}


def test_several_photos_are_analyzed_in_one_request(server: FaceApiServer, demo_photos: Path) -> None:
    names = ["photo-01.jpg", "no-face.jpg", "photo-02.jpg", "crowd.jpg"]
    files = [("photo", (name, (demo_photos / name).read_bytes())) for name in names]
    files.append(("photo", ("broken.jpg", files[0][1][1][:200_000][::-1])))
    with server.http() as http:
        answer = http.post("/v1/analyze?features=age,gender,emotion,headPose,landmarks,picture", files=files)
    assert answer.status_code == 200
    one, nobody, _, crowd, broken = answer.json()["photos"]
    assert broken["error"]["code"] == "InvalidImage"
    assert nobody["faces"] == []
    assert (one["width"], one["height"], len(one["faces"])) == (1920, 1080, 2)
    assert len(crowd["faces"]) >= 5
    for face in one["faces"]:
        assert face["age"]["low"] <= face["age"]["years"] <= face["age"]["high"]
        assert sum(face["gender"].values()) == pytest.approx(1, abs=0.005)
        assert sum(face["emotion"].values()) == pytest.approx(1, abs=0.005)
        assert face["picture"]["quality"] == "good"
        assert len(face["landmarks"]) == 27
