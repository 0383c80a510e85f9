"""Whether a camera's photo meets what is asked of exit cameras: one plain verdict for each requirement. Pure."""

from dataclasses import dataclass
from typing import Final

from facetally.v1.face_pb2 import ExaminedFace, FaceQuality, PhotoExamined, QualityReason

from services.common.cameras.exif import ExifFacts
from services.common.cameras.path_patterns import PathFacts

# Width and height, or height and width: cameras may hang upright.
RESOLUTION_PX: Final = (1920, 1080)
EYE_DISTANCE_PX: Final = 100
# Measured on sharp photos of faces (0.21 to 0.56) and on the same, blurred by 4 pixels of a face of 300 (0.07 to 0.28).
SHARPNESS: Final = 0.15
# Mean brightness of a face; under a third of the light of a good photo it is below, overexposed it is above.
BRIGHTNESS: Final = (50, 210)
_NOTHING: Final = "nothing says so"
_NEARER: Final = "Move the camera nearer, zoom in, or choose a larger picture size."
_FOCUS: Final = (
    "Focus on where faces are; shorten the exposure (1/250 s) against motion; clean the lens; compress less."
)
_LIGHTER: Final = "The face is too dark: add light, or turn on backlight compensation (BLC, WDR)."
_DARKER: Final = "The face is too bright: lower the exposure, or turn away from the window."
_TOWARDS: Final = "Hang the camera as high as faces are, where people look towards it."
_QUALITIES: Final = {
    FaceQuality.FACE_QUALITY_GOOD: "good",
    FaceQuality.FACE_QUALITY_USABLE: "usable",
    FaceQuality.FACE_QUALITY_REJECTED: "rejected",
}
# What keeps a face from being good, and what to do about it.
_REASONS: Final = {
    QualityReason.QUALITY_REASON_EYES_TOO_CLOSE: ("too few pixels between the eyes", _NEARER),
    QualityReason.QUALITY_REASON_BLURRED: ("blurred", _FOCUS),
    QualityReason.QUALITY_REASON_TOO_DARK: ("too dark", _LIGHTER),
    QualityReason.QUALITY_REASON_TOO_BRIGHT: ("too bright", _DARKER),
    QualityReason.QUALITY_REASON_TURNED_AWAY: ("turned away from the camera", _TOWARDS),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One requirement, and whether a photo meets it.

    Args:
        requirement: what it is about.
        asked: what should be.
        found: what is.
        passed: whether that is enough.
        advice: what to do where it is not; empty where it is.
    """

    requirement: str
    asked: str
    found: str
    passed: bool
    advice: str = ""


def judge(
    photo: PhotoExamined, path: PathFacts, exif: ExifFacts, *, own_login: bool, registered_as: str | None = None
) -> list[Verdict]:
    """All verdicts on one photo.

    Args:
        photo: what is to be seen in it.
        path: what its name says.
        exif: what it says itself.
        own_login: no other camera uploads with the same login.
        registered_as: the camera of the estate that name or EXIF belong to; empty where there is none, None where nobody
            has looked.
    """
    face = photo.faces[0] if photo.faces else None
    return [
        _resolution(photo),
        _face(photo, face),
        _eyes(face),
        _sharpness(face),
        _light(face),
        _quality(face),
        _identity(path, exif, registered_as, own_login=own_login),
        _time(path, exif),
    ]


def _verdict(requirement: str, asked: str, found: str, passed: bool, advice: str) -> Verdict:
    return Verdict(requirement, asked, found, passed, "" if passed else advice)


def _resolution(photo: PhotoExamined) -> Verdict:
    long_px, short_px = max(photo.width_px, photo.height_px), min(photo.width_px, photo.height_px)
    return _verdict(
        "Resolution",
        f"{RESOLUTION_PX[0]} × {RESOLUTION_PX[1]} px",
        f"{photo.width_px} × {photo.height_px} px",
        long_px >= RESOLUTION_PX[0] and short_px >= RESOLUTION_PX[1],
        "Choose a larger picture size for snapshots; many cameras have one of its own beside the video's.",
    )


def _face(photo: PhotoExamined, face: ExaminedFace | None) -> Verdict:
    return _verdict(
        "Face",
        f"{photo.min_face_px} × {photo.min_face_px} px",
        f"{face.box.width} × {face.box.height} px" if face else "no face found",
        bool(face and face.box.width >= photo.min_face_px),
        _NEARER
        if face
        else "Let somebody look towards the camera, upright and from the front, within two or three metres.",
    )


def _eyes(face: ExaminedFace | None) -> Verdict:
    return _verdict(
        "Between the eyes",
        f"{EYE_DISTANCE_PX} px",
        f"{face.eye_distance_px:.0f} px" if face else "no face found",
        bool(face and face.eye_distance_px >= EYE_DISTANCE_PX),
        "Move the camera nearer or zoom in; hang it so that people look towards it." if face else "",
    )


def _sharpness(face: ExaminedFace | None) -> Verdict:
    return _verdict(
        "Sharpness",
        f"{SHARPNESS}",
        f"{face.sharpness:.2f}" if face else "no face found",
        bool(face and face.sharpness >= SHARPNESS),
        _FOCUS if face else "",
    )


def _light(face: ExaminedFace | None) -> Verdict:
    low, high = BRIGHTNESS
    too_dark = face is not None and face.brightness < low
    return _verdict(
        "Light on the face",
        f"{low} to {high} of 255",
        f"{face.brightness:.0f}" if face else "no face found",
        bool(face and low <= face.brightness <= high),
        _LIGHTER if too_dark else _DARKER if face else "",
    )


def _quality(face: ExaminedFace | None) -> Verdict:
    """Detect's own judgement, by which the face counts as a visitor or not, and its mood is known or not."""
    if face is None:
        return _verdict("Quality", "good", "no face found", False, "")
    quality = _QUALITIES.get(face.quality, "not judged")
    reason, advice = _REASONS.get(face.quality_reason, ("", ""))
    return _verdict("Quality", "good", f"{quality}: {reason}" if reason else quality, quality == "good", advice)


def _identity(path: PathFacts, exif: ExifFacts, registered_as: str | None, *, own_login: bool) -> Verdict:
    if registered_as:
        found = f"{registered_as}, as registered"
    elif path.named:
        found = f"{path.named}, in the name"
    elif exif.serial:
        found = f"serial number {exif.serial}, in EXIF"
    elif exif.position:
        found = "its position, in EXIF"
    else:
        found = "its login" if own_login else _NOTHING
    is_unregistered = registered_as == "" and not own_login and bool(path.named or exif.serial)
    return _verdict(
        "Which camera",
        "in login, name or EXIF",
        f"{found}, not registered" if is_unregistered else found,
        found != _NOTHING and not is_unregistered,
        "No registered camera is called so: put this among its identifiers in estate.csv."
        if is_unregistered
        else "Give the camera a login of its own, or put its serial number or MAC address into the name or folder.",
    )


def _time(path: PathFacts, exif: ExifFacts) -> Verdict:
    if path.taken_at:
        found = f"{path.taken_at:%Y-%m-%d %H:%M:%S}, in the name"
    elif exif.taken_at:
        found = f"{exif.taken_at:%Y-%m-%d %H:%M:%S}, in EXIF"
    else:
        found = _NOTHING
    return _verdict(
        "Which time",
        "in name, folder or EXIF",
        found,
        found != _NOTHING,
        "Put date and time into the name. Without them a photo that comes late is counted in the wrong hour.",
    )
