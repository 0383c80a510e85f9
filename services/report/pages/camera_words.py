"""What is said of cameras: how they are, what is wrong, and what to do about it."""

from services.common.cameras import health
from services.report.domain.cameras import Camera, CameraState, CameraTrouble
from services.report.pages import words
from services.report.pages.i18n import _

# Colour and icon of a badge; never without its word.
_KINDS = {
    CameraState.OFFLINE: ("bad", "off"),
    CameraState.ATTENTION: ("warn", "warn"),
    CameraState.NEW: ("", "clock"),
    CameraState.WORKING: ("ok", "check"),
    CameraState.DISABLED: ("", "off"),
}


def kind(state: CameraState) -> str:
    """Colour of a state's badge."""
    return _KINDS[state][0]


def icon(state: CameraState) -> str:
    """Icon of a state's badge."""
    return _KINDS[state][1]


def state(which: CameraState) -> str:
    """Working, Attention ..."""
    return {
        CameraState.OFFLINE: _("Offline"),
        CameraState.ATTENTION: _("Attention"),
        CameraState.NEW: _("New"),
        CameraState.WORKING: _("Working"),
        CameraState.DISABLED: _("Disabled"),
    }[which]


def meaning(which: CameraState) -> str:
    """What a state means, in a line."""
    minutes = words.count(health.SILENCE.total_seconds() / 60)
    return {
        CameraState.OFFLINE: _("no photo for %(minutes)s min while open") % {"minutes": minutes},
        CameraState.ATTENTION: _("photos arrive, something is wrong"),
        CameraState.NEW: _("no photo yet"),
        CameraState.WORKING: _("photos arrive, and are good"),
        CameraState.DISABLED: _("switched off in the estate"),
    }[which]


def trouble(which: CameraTrouble) -> str:
    """What is wrong, as a badge says it."""
    return {
        CameraTrouble.NONE: _("Nothing"),
        CameraTrouble.NO_PHOTOS: _("Offline"),
        CameraTrouble.CLOCK: _("Clock is off"),
        CameraTrouble.TOO_DARK: _("Too dark"),
        CameraTrouble.TOO_SMALL: _("Faces too small"),
        CameraTrouble.FEW_FACES: _("Few faces"),
        CameraTrouble.REFUSED: _("Uploads refused"),
    }[which]


def label(camera: Camera) -> str:
    """A camera's state, or what is wrong where that is known."""
    if camera.state is CameraState.ATTENTION and camera.trouble is not CameraTrouble.NONE:
        return trouble(camera.trouble)
    return state(camera.state)


def advice(which: CameraTrouble) -> str:
    """What to do."""
    return {
        CameraTrouble.NONE: "",
        CameraTrouble.NO_PHOTOS: _(
            "See whether the camera has power and network, then whether its login and address for uploads are right. "
            "If its secret is lost, an admin can make a new one."
        ),
        CameraTrouble.CLOCK: _(
            "Have the camera take its time from a time server (NTP), and set its time zone to the shop’s. "
            "Until then visitors are counted in the wrong hour."
        ),
        CameraTrouble.TOO_DARK: _(
            "Add light where people are seen from the front, turn on backlight compensation (BLC, WDR), or raise the exposure."
        ),
        CameraTrouble.TOO_SMALL: _("Move the camera nearer, zoom in, or choose a larger picture size."),
        CameraTrouble.FEW_FACES: _(
            "Turn the camera so that people walk towards it, hang it as high as faces are, and narrow the motion area "
            "to the way out."
        ),
        CameraTrouble.REFUSED: _(
            "See below why uploads were refused. Most often photos are sent while the shop is closed, in bursts, "
            "or as something other than JPEG."
        ),
    }[which]


def measured(which: CameraTrouble, camera: Camera) -> str:
    """The number behind what is wrong, and its limit."""
    measures = {
        CameraTrouble.TOO_DARK: camera.too_dark,
        CameraTrouble.TOO_SMALL: camera.too_small,
        CameraTrouble.FEW_FACES: camera.no_face,
        CameraTrouble.REFUSED: camera.turned_down,
    }
    if which in measures:
        measure = measures[which]
        values = {"share": words.share(measure.share), "limit": words.share(measure.limit, 0)}
        return _("%(share)s, limit %(limit)s") % values
    if which is CameraTrouble.CLOCK and camera.drift_s is not None:
        return words.drift(camera.drift_s)
    if which is CameraTrouble.NO_PHOTOS and camera.silent_s is not None:
        return _("last photo %(ago)s") % {"ago": words.ago(camera.silent_s)}
    return ""


def drift(seconds: float) -> str:
    """0.4 -> +0.4 s; 412 -> +412 s; 900 -> +15 min. A clock that is fast is ahead."""
    size = abs(seconds)
    if size < 100:
        return _("%(number)s s") % {"number": words.signed(seconds, 1)}
    if size < 600:  # near the limit, minutes would hide on which side of it
        return _("%(number)s s") % {"number": words.signed(seconds)}
    if size < 7200:
        return _("%(number)s min") % {"number": words.signed(seconds / 60)}
    if size < 172_800:
        return _("%(number)s h") % {"number": words.signed(seconds / 3600)}
    return _("%(number)s d") % {"number": words.signed(seconds / 86_400)}


def limits() -> str:
    """All limits, in a line."""
    return _("Amber: over the limit. No face %(face)s, too small %(small)s, dark %(dark)s, clock %(clock)s min.") % {
        "face": words.share(health.WITHOUT_FACE, 0),
        "small": words.share(health.TOO_SMALL, 0),
        "dark": words.share(health.TOO_DARK, 0),
        "clock": words.count(health.DRIFT_S / 60),
    }
