"""What a dead letter shows: never pixels, never an estimate about a person."""

import json
from datetime import UTC, datetime

from facetally.v1.face_pb2 import (
    ClassifiedFace,
    DetectedFace,
    EmotionProbabilities,
    FacesClassified,
    FacesDetected,
    GenderProbabilities,
)
from facetally.v1.photo_pb2 import Photo, PhotoRejected, PhotoStored, RejectionReason
from google.protobuf.message import Message

from services.operate.domain.letters import Letter, replay_id, replayable, shown, summary_of

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
PHOTO = Photo(photo_id="ab" * 16, camera_id="cam-1", shop_id="shop", region_id="north", size_bytes=7)


def letter(subject: str, body: bytes, number: int = 3) -> Letter:
    headers = {"Facetally-Reason": "no such shop", "Facetally-Subject": subject, "Nats-Msg-Id": "PHOTOS-9"}
    return Letter(number, AT, "detect", headers, body)


def of(subject: str, message: Message) -> Letter:
    return letter(subject, message.SerializeToString())


def test_a_photo_is_shown_with_its_headers() -> None:
    said = shown(of("photos.north.shop", PhotoStored(photo=PHOTO)))
    assert said["kind"] == "PhotoStored"
    assert said["number"] == 3
    assert said["died_at"] == "2026-05-01T12:00:00+00:00"
    assert isinstance(said["message"], dict)
    assert said["message"]["photo"]["camera_id"] == "cam-1"
    assert isinstance(said["headers"], dict)
    assert said["headers"]["Facetally-Reason"] == "no such shop"
    json.dumps(said)


def test_chips_are_left_out_and_that_is_said() -> None:
    message = FacesDetected(photo=PHOTO, width_px=1920, faces=[DetectedFace(chip_rgb=b"PIXELS", score=0.777)] * 2)
    said = shown(of("faces.north.shop", message))
    text = json.dumps(said)
    assert "UElYRUxT" not in text  # PIXELS, in base64
    assert "0.777" not in text
    assert said["message"] == {"photo": shown_photo(), "width_px": 1920}
    assert said["faces"] == 2
    assert "left out" in str(said["left_out"])


def test_estimates_are_left_out() -> None:
    face = ClassifiedFace(
        age_years=33.25,
        gender=GenderProbabilities(female=0.875),
        emotion=EmotionProbabilities(anger=0.625),
        age_low_years=21.5,
    )
    said = shown(of("results.north.shop", FacesClassified(photo=PHOTO, faces=[face], classifier_version="c1")))
    text = json.dumps(said)
    for estimate in ("33.25", "0.875", "0.625", "21.5", "female", "anger", "age_"):
        assert estimate not in text
    assert said["message"] == {"photo": shown_photo(), "classifier_version": "c1"}


def test_a_refused_upload_is_shown_whole() -> None:
    message = PhotoRejected(rejection_id="cd", camera_id="cam-2", reason=RejectionReason.REJECTION_REASON_EMPTY)
    refused = of("rejections.north.shop", message)
    assert shown(refused)["message"] == {
        "rejection_id": "cd",
        "camera_id": "cam-2",
        "reason": "REJECTION_REASON_EMPTY",
    }
    assert (summary_of(refused).photo, summary_of(refused).camera) == ("cd", "cam-2")


def test_bytes_that_are_no_message_show_their_number_alone() -> None:
    said = shown(letter("photos.north.shop", b"\xff\xff\xff"))
    assert (said["message"], said["bytes"]) == (None, 3)
    assert summary_of(letter("photos.north.shop", b"\xff\xff\xff")).photo == ""
    assert shown(letter("elsewhere.x", b"SECRET"))["message"] is None


def test_a_list_names_photo_camera_and_reason() -> None:
    for subject, message in (
        ("photos.n.s", PhotoStored(photo=PHOTO)),
        ("faces.n.s", FacesDetected(photo=PHOTO)),
        ("results.n.s", FacesClassified(photo=PHOTO)),
    ):
        found = summary_of(of(subject, message))
        assert (found.photo, found.camera, found.reason) == (PHOTO.photo_id, "cam-1", "no such shop")


def test_only_what_died_on_a_stream_of_ours_can_be_replayed() -> None:
    assert replayable(letter("photos.north.shop", b""))
    for subject in ("", "photos", "dead.detect", "$KV.SHOPS.x", "held.north.shop"):
        assert not replayable(letter(subject, b""))


def test_the_id_of_a_replay_is_its_own_and_always_the_same() -> None:
    one = letter("photos.n.s", b"")
    assert replay_id(one) == replay_id(letter("photos.n.s", b""))
    assert replay_id(one) != replay_id(letter("photos.n.s", b"", number=4))
    assert replay_id(one) != one.headers["Nats-Msg-Id"]


def shown_photo() -> dict[str, object]:
    return {"photo_id": "ab" * 16, "region_id": "north", "shop_id": "shop", "camera_id": "cam-1", "size_bytes": 7}
