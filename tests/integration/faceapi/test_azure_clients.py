"""Programs written against Azure Face: its official clients of 2019 and 2024, as they are, over real HTTP."""

import io
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from azure.ai.vision.face import FaceClient as NewClient
from azure.ai.vision.face.models import ExposureLevel as NewExposureLevel
from azure.ai.vision.face.models import (
    FaceAttributeTypeDetection01,
    FaceAttributeTypeDetection03,
    FaceDetectionModel,
    FaceRecognitionModel,
)
from azure.cognitiveservices.vision.face import FaceClient as OldClient
from azure.cognitiveservices.vision.face.models import (
    APIErrorException,
    BlurLevel,
    DetectedFace,
    ExposureLevel,
    FaceAttributeType,
    NoiseLevel,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from msrest.authentication import CognitiveServicesCredentials
from PIL import Image

from services.faceapi.domain.landmarks import NAMED
from tests.servers.faceapi import FaceApiServer

OFFERED = [
    FaceAttributeType.age,
    FaceAttributeType.gender,
    FaceAttributeType.head_pose,
    FaceAttributeType.smile,
    FaceAttributeType.emotion,
    FaceAttributeType.blur,
    FaceAttributeType.exposure,
    FaceAttributeType.noise,
]


def old(server: FaceApiServer, key: str | None = None) -> Any:  # it has no types
    return OldClient(server.url, CognitiveServicesCredentials(key or server.key))  # type: ignore[no-untyped-call]


def new(server: FaceApiServer, key: str | None = None) -> NewClient:
    return NewClient(server.url, AzureKeyCredential(key or server.key), retry_total=0)


def told(refused: pytest.ExceptionInfo[APIErrorException]) -> tuple[int, str]:
    error: Any = refused.value
    return error.response.status_code, error.error.error.code


@contextmanager
def shown(photo: bytes) -> Iterator[str]:
    """A photo's address on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(photo)))
            self.end_headers()
            self.wfile.write(photo)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{site.server_port}/photo.jpg"
        finally:
            site.shutdown()
            thread.join()


def test_the_old_client_reads_every_attribute(server: FaceApiServer, photo: bytes) -> None:
    faces = old(server).face.detect_with_stream(
        io.BytesIO(photo), return_face_landmarks=True, return_face_attributes=OFFERED, return_recognition_model=True
    )
    assert len(faces) == 2
    assert faces[0].face_rectangle.width >= faces[1].face_rectangle.width
    assert len({face.face_id for face in faces}) == 2
    for face in faces:
        attributes = face.face_attributes
        assert 10 < attributes.age < 80
        assert attributes.gender in ("male", "female")
        feelings = {name: value for name, value in vars(attributes.emotion).items() if isinstance(value, int | float)}
        assert len(feelings) == 8
        assert sum(feelings.values()) == pytest.approx(1, abs=0.005)
        assert feelings["contempt"] == 0
        assert attributes.smile == pytest.approx(feelings["happiness"])
        assert abs(attributes.head_pose.yaw) < 50
        assert abs(attributes.head_pose.pitch) < 40
        assert abs(attributes.head_pose.roll) < 45
        assert attributes.blur.blur_level in (BlurLevel.low, BlurLevel.medium)
        assert attributes.exposure.exposure_level == ExposureLevel.good_exposure
        assert attributes.noise.noise_level in NoiseLevel
        assert 0 <= attributes.noise.value <= 1
        assert face.recognition_model == "recognition_01"
        assert_landmarks_make_a_face(face)


def assert_landmarks_make_a_face(face: DetectedFace) -> None:
    box, marks = face.face_rectangle, face.face_landmarks
    points = {name: getattr(marks, name) for name in marks._attribute_map}
    assert len(points) == len(NAMED)
    for name, point in points.items():
        assert box.left - box.width / 4 < point.x < box.left + box.width * 1.25, name
        assert box.top - box.height / 4 < point.y < box.top + box.height * 1.25, name
    left, right = marks.pupil_left, marks.pupil_right
    apart = math.dist((left.x, left.y), (right.x, right.y))
    assert 0.25 < apart / box.width < 0.6
    # Seen along the line of the eyes, whatever way the head is tilted.
    along = ((right.x - left.x) / apart, (right.y - left.y) / apart)

    def seen(name: str) -> tuple[float, float]:
        x, y = points[name].x - left.x, points[name].y - left.y
        return x * along[0] + y * along[1], y * along[0] - x * along[1]

    assert seen("mouth_left")[0] < seen("mouth_right")[0]
    assert (
        seen("eye_left_outer")[0] < seen("eye_left_inner")[0] < seen("eye_right_inner")[0] < seen("eye_right_outer")[0]
    )
    assert (
        seen("eyebrow_left_inner")[1] < 0 < seen("nose_tip")[1] < seen("upper_lip_top")[1] < seen("under_lip_bottom")[1]
    )


def test_a_photo_of_nobody_is_an_empty_list(server: FaceApiServer, demo_photos: Path) -> None:
    with (demo_photos / "no-face.jpg").open("rb") as nobody:
        assert old(server).face.detect_with_stream(nobody) == []


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "JPEG"])
def test_all_of_azures_formats_show_the_same_faces(server: FaceApiServer, photo: bytes, kind: str) -> None:
    with Image.open(io.BytesIO(photo)) as picture:
        smaller = picture.resize((1280, 720))
        file = io.BytesIO()
        smaller.save(file, kind)
    file.seek(0)
    faces = old(server).face.detect_with_stream(file, return_face_attributes=[FaceAttributeType.gender])
    assert len(faces) == 2


def test_the_old_client_may_send_an_address(server: FaceApiServer, photo: bytes) -> None:
    with shown(photo) as url:
        faces = old(server).face.detect_with_url(url, return_face_attributes=[FaceAttributeType.age])
    assert len(faces) == 2
    assert all(face.face_attributes.age for face in faces)
    assert all(face.face_attributes.emotion is None for face in faces)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "nonsense",
    ],
)
def test_an_internal_address_is_refused_as_azure_would(server: FaceApiServer, url: str) -> None:
    with pytest.raises(APIErrorException) as refused:
        old(server).face.detect_with_url(url)
    assert told(refused) == (400, "InvalidURL")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"tiny", "InvalidImageSize"), (b"no photo" * 500, "InvalidImage"), (bytes(6_300_000), "InvalidImageSize")],
)
def test_the_old_client_reads_errors(server: FaceApiServer, content: bytes, code: str) -> None:
    with pytest.raises(APIErrorException) as refused:
        old(server).face.detect_with_stream(io.BytesIO(content))
    assert told(refused) == (400, code)


def test_a_wrong_key_and_an_attribute_that_is_not_offered_are_errors_too(server: FaceApiServer, photo: bytes) -> None:
    with pytest.raises(APIErrorException) as refused:
        old(server, "wrong").face.detect_with_stream(io.BytesIO(photo))
    assert told(refused) == (401, "401")
    with pytest.raises(APIErrorException) as refused:
        old(server).face.detect_with_stream(io.BytesIO(photo), return_face_attributes=[FaceAttributeType.glasses])
    assert told(refused) == (403, "UnsupportedFeature")


def test_the_new_client_reads_what_it_knows(server: FaceApiServer, photo: bytes) -> None:
    with new(server) as client:
        faces = client.detect(
            photo,
            detection_model=FaceDetectionModel.DETECTION01,
            recognition_model=FaceRecognitionModel.RECOGNITION04,
            return_face_id=True,
            return_face_landmarks=True,
            return_recognition_model=True,
            return_face_attributes=[
                FaceAttributeTypeDetection01.HEAD_POSE,
                FaceAttributeTypeDetection01.BLUR,
                FaceAttributeTypeDetection01.EXPOSURE,
                FaceAttributeTypeDetection01.NOISE,
                "age",
                "smile",
            ],
        )
    assert len(faces) == 2
    for face in faces:
        assert face.face_id
        assert face.recognition_model == FaceRecognitionModel.RECOGNITION04
        assert face.face_landmarks is not None
        assert face.face_landmarks.pupil_left.x < face.face_landmarks.pupil_right.x
        assert face.face_attributes is not None
        assert face.face_attributes.age is not None
        assert 10 < face.face_attributes.age < 80
        assert face.face_attributes.head_pose is not None
        assert face.face_attributes.exposure is not None
        assert face.face_attributes.exposure.exposure_level == NewExposureLevel.GOOD_EXPOSURE


def test_the_new_client_may_send_an_address(server: FaceApiServer, photo: bytes) -> None:
    with shown(photo) as url, new(server) as client:
        faces = client.detect_from_url(
            url=url,
            detection_model=FaceDetectionModel.DETECTION03,
            recognition_model=FaceRecognitionModel.RECOGNITION04,
            return_face_id=False,
            return_face_attributes=[FaceAttributeTypeDetection03.HEAD_POSE],
        )
    assert len(faces) == 2
    assert all(face.face_attributes and face.face_attributes.head_pose for face in faces)


def test_the_new_client_reads_errors(server: FaceApiServer, photo: bytes) -> None:
    detection, recognition = FaceDetectionModel.DETECTION03, FaceRecognitionModel.RECOGNITION04
    with new(server, "wrong") as client, pytest.raises(ClientAuthenticationError):
        client.detect(photo, detection_model=detection, recognition_model=recognition, return_face_id=False)
    with new(server) as client:
        with pytest.raises(HttpResponseError, match="mask,qualityforrecognition") as refused:
            client.detect(
                photo,
                detection_model=detection,
                recognition_model=recognition,
                return_face_id=False,
                return_face_attributes=["age"],
            )
        assert refused.value.error is not None
        assert refused.value.error.code == "BadArgument"
        with pytest.raises(HttpResponseError) as unsupported:
            client.detect(
                photo,
                detection_model=detection,
                recognition_model=recognition,
                return_face_id=False,
                return_face_attributes=["qualityForRecognition"],
            )
        assert unsupported.value.status_code == 403


def test_who_asks_too_often_is_told_so_by_the_client(server: FaceApiServer, photo: bytes) -> None:
    client = old(server, server.make_key("slow", rate=0.01, burst=1))
    client.face.detect_with_stream(io.BytesIO(photo))
    with pytest.raises(APIErrorException) as refused:
        client.face.detect_with_stream(io.BytesIO(photo))
    assert told(refused) == (429, "429")
    response: Any = refused.value.response
    assert int(response.headers["Retry-After"]) > 50
