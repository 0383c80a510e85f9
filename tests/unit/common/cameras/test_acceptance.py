"""One plain verdict for each requirement."""

from dataclasses import replace
from datetime import datetime

import pytest
from facetally.v1.face_pb2 import Box, ExaminedFace, FaceQuality, PhotoExamined, QualityReason

from services.common.cameras.acceptance import Verdict, judge
from services.common.cameras.exif import ExifFacts
from services.common.cameras.path_patterns import PathFacts

TAKEN_AT = datetime(2026, 11, 24, 9, 50, 4)
NAMED = PathFacts(("3j07",), TAKEN_AT, pattern="dahua", named="3J07")


GOOD = (FaceQuality.FACE_QUALITY_GOOD, QualityReason.QUALITY_REASON_NONE)
USABLE, REJECTED = FaceQuality.FACE_QUALITY_USABLE, FaceQuality.FACE_QUALITY_REJECTED


def face(
    size_px: int = 240,
    eyes_px: float = 110,
    sharpness: float = 0.4,
    brightness: float = 120,
    quality: tuple[FaceQuality, QualityReason] = GOOD,
) -> ExaminedFace:
    return ExaminedFace(
        box=Box(left=10, top=10, width=size_px, height=size_px),
        eye_distance_px=eyes_px,
        counts=size_px >= 150,
        sharpness=sharpness,
        brightness=brightness,
        quality=quality[0],
        quality_reason=quality[1],
    )


def photo(*faces: ExaminedFace, width_px: int = 1920, height_px: int = 1080) -> PhotoExamined:
    return PhotoExamined(width_px=width_px, height_px=height_px, faces=faces, min_face_px=200)


def failed(verdicts: list[Verdict]) -> list[str]:
    assert all(bool(verdict.advice) == (not verdict.passed) for verdict in verdicts if "no face" not in verdict.found)
    return [verdict.requirement for verdict in verdicts if not verdict.passed]


def test_a_good_photo_meets_everything() -> None:
    verdicts = judge(photo(face()), NAMED, ExifFacts(), own_login=False)
    assert failed(verdicts) == []
    assert {verdict.requirement: verdict.found for verdict in verdicts} == {
        "Resolution": "1920 × 1080 px",
        "Face": "240 × 240 px",
        "Between the eyes": "110 px",
        "Sharpness": "0.40",
        "Light on the face": "120",
        "Quality": "good",
        "Which camera": "3J07, in the name",
        "Which time": "2026-11-24 09:50:04, in the name",
    }


@pytest.mark.parametrize(
    ("examined", "requirement"),
    [
        (photo(face(), width_px=1280, height_px=720), "Resolution"),
        (photo(face(size_px=180)), "Face"),
        (photo(face(eyes_px=99)), "Between the eyes"),
        (photo(face(sharpness=0.1)), "Sharpness"),
        (photo(face(brightness=30)), "Light on the face"),
        (photo(face(brightness=230)), "Light on the face"),
        (photo(face(quality=(USABLE, QualityReason.QUALITY_REASON_BLURRED))), "Quality"),
    ],
)
def test_each_fault_fails_its_own_requirement(examined: PhotoExamined, requirement: str) -> None:
    assert failed(judge(examined, NAMED, ExifFacts(), own_login=True)) == [requirement]


@pytest.mark.parametrize(
    ("quality", "found"),
    [
        ((USABLE, QualityReason.QUALITY_REASON_EYES_TOO_CLOSE), "usable: too few pixels between the eyes"),
        ((USABLE, QualityReason.QUALITY_REASON_BLURRED), "usable: blurred"),
        ((REJECTED, QualityReason.QUALITY_REASON_TOO_DARK), "rejected: too dark"),
        ((REJECTED, QualityReason.QUALITY_REASON_TOO_BRIGHT), "rejected: too bright"),
        ((REJECTED, QualityReason.QUALITY_REASON_TURNED_AWAY), "rejected: turned away from the camera"),
    ],
)
def test_a_quality_that_is_not_good_has_its_reason(quality: tuple[FaceQuality, QualityReason], found: str) -> None:
    verdicts = judge(photo(face(quality=quality)), NAMED, ExifFacts(), own_login=True)
    assert failed(verdicts) == ["Quality"]
    assert verdicts[5].found == found


def test_a_camera_may_hang_upright() -> None:
    assert failed(judge(photo(face(), width_px=1080, height_px=1920), NAMED, ExifFacts(), own_login=True)) == []


def test_without_a_face_all_that_is_about_faces_fails_and_one_advice_is_given() -> None:
    verdicts = judge(photo(), NAMED, ExifFacts(), own_login=True)
    assert failed(verdicts) == ["Face", "Between the eyes", "Sharpness", "Light on the face", "Quality"]
    assert [verdict.requirement for verdict in verdicts if verdict.advice] == ["Face"]


@pytest.mark.parametrize(
    ("path", "exif", "own_login", "registered_as", "found"),
    [
        (PathFacts(()), ExifFacts(), True, None, "its login"),
        (PathFacts(("folder",)), ExifFacts(), False, "cam-1", "cam-1, as registered"),
        (PathFacts(()), ExifFacts(serial="S 1"), False, None, "serial number S 1, in EXIF"),
        (PathFacts(()), ExifFacts(serial="S 1"), True, "", "serial number S 1, in EXIF"),
        (PathFacts(()), ExifFacts(position=(52.5, 13.4)), False, "", "its position, in EXIF"),
        (PathFacts(("folder",)), ExifFacts(), False, "", "nothing says so"),
    ],
)
def test_a_camera_is_known_by_registry_name_exif_or_login(
    path: PathFacts, exif: ExifFacts, own_login: bool, registered_as: str | None, found: str
) -> None:
    timed = replace(path, taken_at=TAKEN_AT)
    verdicts = judge(photo(face()), timed, exif, own_login=own_login, registered_as=registered_as)
    assert verdicts[6].found == found
    assert failed(verdicts) == ([] if found != "nothing says so" else ["Which camera"])


def test_who_shares_a_login_under_a_name_that_nobody_registered_is_not_known() -> None:
    verdicts = judge(photo(face()), NAMED, ExifFacts(), own_login=False, registered_as="")
    assert failed(verdicts) == ["Which camera"]
    assert verdicts[6].found == "3J07, in the name, not registered"


@pytest.mark.parametrize(
    ("exif", "found"),
    [(ExifFacts(taken_at=TAKEN_AT), "2026-11-24 09:50:04, in EXIF"), (ExifFacts(), "nothing says so")],
)
def test_a_time_may_come_from_exif(exif: ExifFacts, found: str) -> None:
    assert judge(photo(face()), PathFacts(()), exif, own_login=True)[7].found == found
