"""Frames as an exit camera would send them, cut out of real photos."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from services.demo.domain import PHOTOS, Cut, DemoPhoto

_TARGET_BYTES = 1_000_000
_QUALITIES = range(98, 84, -1)
_BACKGROUND_BLUR_PX = 40
_NOISE_SIGMA = 3.5


def compose_all(sources: Path, target: Path, report: Callable[[str], None]) -> None:
    """Make every demo photo, the same bytes each time.

    Args:
        sources: folder of the source photos.
        target: folder to fill.
        report: told of each photo.
    """
    target.mkdir(parents=True, exist_ok=True)
    for photo in PHOTOS:
        jpeg = compose(photo, sources)
        (target / photo.name).write_bytes(jpeg)
        width, height = photo.frame_px
        report(f"{photo.name}: {width} x {height}, {len(jpeg) / 1e6:.2f} MB, faces that count: {photo.faces}")


def compose(photo: DemoPhoto, sources: Path) -> bytes:
    """A JPEG of about one megabyte: the best quality that is not larger."""
    frame = Image.new("RGB", photo.frame_px)
    for cut in photo.cuts:
        _paste(frame, cut, sources)
    frame = _with_sensor_noise(frame)
    jpegs = (_encoded(frame, quality) for quality in _QUALITIES)
    return next((jpeg for jpeg in jpegs if len(jpeg) <= _TARGET_BYTES), _encoded(frame, _QUALITIES[-1]))


def _encoded(frame: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    frame.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _with_sensor_noise(frame: Image.Image) -> Image.Image:
    """The frame as a sensor sees it: scaled-up photos are smoother, and smaller as JPEG, than any camera's."""
    noise = np.random.default_rng(0).normal(0, _NOISE_SIGMA, (frame.height, frame.width, 1))
    return Image.fromarray(np.clip(np.asarray(frame) + noise, 0, 255).astype(np.uint8))


def _paste(frame: Image.Image, cut: Cut, sources: Path) -> None:
    with Image.open(sources / cut.source) as source:
        part = source.convert("RGB").crop((cut.left, cut.top, cut.left + cut.width, cut.top + cut.height))
    if cut.to is None:
        frame.paste(part.resize(frame.size, Image.Resampling.LANCZOS))
        return
    left, top, width, height = cut.to
    if width * height < frame.width * frame.height // 2 and height == frame.height:
        # A portrait in a wide frame: what is beside it is the photo itself, out of focus.
        frame.paste(part.resize(frame.size).filter(ImageFilter.GaussianBlur(_BACKGROUND_BLUR_PX)))
    frame.paste(part.resize((width, height), Image.Resampling.LANCZOS), (left, top))
