"""Faces are judged by what their chips show. The limits may be tuned: everything here follows them."""

from dataclasses import astuple
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.predict.finder import FaceFinder
from models.preprocess import CHIP_SIZE_PX, AlignedFace
from models.quality import REJECTED_BEYOND, USABLE_BEYOND, Level, Limits, Quality, Reason, judge, measure, noise
from tests.models.faces import decoded

# The order in which limits are asked.
ORDER = [Reason.EYES_TOO_CLOSE, Reason.TOO_DARK, Reason.TOO_BRIGHT, Reason.BLURRED, Reason.TURNED_AWAY]
SHARP = 1.0
BETWEEN = Limits(
    *(
        (usable + rejected) / 2
        for usable, rejected in zip(astuple(USABLE_BEYOND), astuple(REJECTED_BEYOND), strict=True)
    )
)


def stripes(brightness: float, sharpness: float) -> NDArray[np.uint8]:
    """A chip of this brightness and sharpness. Of a wave, the Laplacian is as large as its frequency says, whatever its height."""
    frequency = np.arccos(1 - sharpness / 2)
    height = 0.95 * min(brightness, 255 - brightness)
    row = brightness + height * np.sin(frequency * np.arange(CHIP_SIZE_PX))
    return np.tile(np.rint(row).astype(np.uint8)[None, :, None], (CHIP_SIZE_PX, 1, 3))


def face(chip: NDArray[np.uint8], residual: float = 0.0) -> AlignedFace:
    return AlignedFace(chip, centre=(0.0, 0.0), size_px=80.0, roll_deg=0.0, residual=residual)


def verdict(eye_distance_px: float, sharpness: float, brightness: float, residual: float) -> Quality:
    chip = stripes(brightness, sharpness) if sharpness else np.full((CHIP_SIZE_PX,) * 2 + (3,), brightness, np.uint8)
    return judge(face(chip, residual), eye_distance_px)


def beyond(reason: Reason, limits: Limits) -> Quality:
    """The verdict on a face that is good but in one way, in which it has this limit's measure."""
    measures = {
        Reason.EYES_TOO_CLOSE: (limits.eye_distance_px, SHARP, 128, 0.0),
        Reason.TOO_DARK: (1000, SHARP, limits.darkest, 0.0),
        Reason.TOO_BRIGHT: (1000, SHARP, limits.brightest, 0.0),
        Reason.BLURRED: (1000, limits.sharpness, 128, 0.0),
        Reason.TURNED_AWAY: (1000, SHARP, 128, limits.residual),
    }
    return verdict(*measures[reason])


def test_a_large_sharp_well_lit_face_that_looks_into_the_camera_is_good() -> None:
    quality = verdict(1000, SHARP, 128, 0.0)
    assert (quality.level, quality.reason) == (Level.GOOD, Reason.NONE)


@pytest.mark.parametrize("reason", ORDER)
def test_what_is_beyond_the_first_limit_is_usable(reason: Reason) -> None:
    quality = beyond(reason, BETWEEN)
    assert (quality.level, quality.reason) == (Level.USABLE, reason)


# Nothing is less than this: a flat grey chip, a black one, a white one.
WORST = Limits(eye_distance_px=0.5, sharpness=0.0, darkest=0, brightest=255, residual=1.0)


@pytest.mark.parametrize("reason", ORDER)
def test_what_is_beyond_the_second_limit_is_rejected(reason: Reason) -> None:
    quality = beyond(reason, WORST)
    assert (quality.level, quality.reason) == (Level.REJECTED, reason)


def test_every_reason_is_asked_about() -> None:
    assert set(ORDER) == set(Reason) - {Reason.NONE}


@pytest.mark.parametrize("limits", [USABLE_BEYOND, REJECTED_BEYOND], ids=["usable", "rejected"])
def test_a_face_at_a_limit_is_not_beyond_it(limits: Limits) -> None:
    """A little beyond it, it is. Eyes and turn come in exactly as they were measured."""
    worse = Level.USABLE if limits is USABLE_BEYOND else Level.REJECTED
    for at, off in ((limits.eye_distance_px, -1e-6), (limits.residual, 1e-6)):
        by_eyes = off < 0
        levels = [
            verdict(value if by_eyes else 1000, SHARP, 128, 0.0 if by_eyes else value).level for value in (at, at + off)
        ]
        assert levels[0] is not worse
        assert levels[1] is worse


@pytest.mark.parametrize(
    ("measures", "reason"),
    [
        ((0.5, 0.0, 0, 1.0), Reason.EYES_TOO_CLOSE),
        ((1000, 0.0, 0, 1.0), Reason.TOO_DARK),
        ((1000, 0.0, 255, 1.0), Reason.TOO_BRIGHT),
        ((1000, 0.0, 128, 1.0), Reason.BLURRED),
        ((1000, SHARP, 128, 1.0), Reason.TURNED_AWAY),
    ],
    ids=ORDER,
)
def test_of_several_reasons_the_first_is_given(measures: tuple[float, float, float, float], reason: Reason) -> None:
    quality = verdict(*measures)
    assert (quality.level, quality.reason) == (Level.REJECTED, reason)


def test_what_rejects_a_face_is_named_before_what_makes_it_usable() -> None:
    """Eyes are asked about first, but here they are not what is worst."""
    quality = verdict(BETWEEN.eye_distance_px, SHARP, 128, WORST.residual)
    assert (quality.level, quality.reason) == (Level.REJECTED, Reason.TURNED_AWAY)


def test_what_makes_a_face_usable_never_lies_beyond_what_rejects_it() -> None:
    for name in ("eye_distance_px", "sharpness", "darkest"):
        assert 0 <= getattr(REJECTED_BEYOND, name) < getattr(USABLE_BEYOND, name)
    for name, most in (("brightest", 255), ("residual", 1)):
        assert getattr(USABLE_BEYOND, name) < getattr(REJECTED_BEYOND, name) <= most
    assert USABLE_BEYOND.darkest < USABLE_BEYOND.brightest


def test_what_a_verdict_rests_on_is_told() -> None:
    quality = verdict(77.5, SHARP, 100, 0.02)
    assert quality.eye_distance_px == 77.5
    assert quality.pose_residual == 0.02
    assert quality.brightness == pytest.approx(100, abs=3)
    assert quality.sharpness == pytest.approx(SHARP, rel=0.05)


def test_hair_and_background_at_the_edge_do_not_count() -> None:
    chip = stripes(128, SHARP)
    framed = np.zeros_like(chip)
    framed[27:-27, 27:-27] = chip[27:-27, 27:-27]
    assert judge(face(framed), 1000) == judge(face(chip), 1000)


@pytest.mark.parametrize("sharpness", [0.2, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("brightness", [60, 128, 200])
def test_sharpness_depends_on_detail_and_not_on_light_or_contrast(sharpness: float, brightness: float) -> None:
    grey = stripes(brightness, sharpness)[..., 0]
    assert measure(grey)[0] == pytest.approx(sharpness, rel=0.15)
    assert measure(grey // 2)[0] == pytest.approx(sharpness, rel=0.15)


def test_a_blank_picture_is_neither_sharp_nor_an_error() -> None:
    assert measure(np.full((90, 90), 77, np.uint8)) == (0.0, 77.0)


def test_a_wave_of_one_step_is_not_taken_for_detail() -> None:
    """Noise of the last bit is all that a flat picture has: its contrast counts as a whole step."""
    flicker = (77 + np.indices((90, 90)).sum(0) % 2).astype(np.uint8)
    detail = np.where(flicker == 77, 40, 200).astype(np.uint8)
    assert measure(flicker)[0] < measure(detail)[0]


@pytest.fixture(scope="module")
def real_chips(demo_photos: Path) -> list[NDArray[np.uint8]]:
    photos = [decoded(demo_photos / name) for name in ("photo-04.jpg", "photo-08.jpg", "crowd.jpg")]
    return [face.chip for faces in FaceFinder.load().find_all(photos) for face in faces]


def noisy(chip: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    added = np.random.default_rng(int(chip.sum())).normal(0, sigma, (CHIP_SIZE_PX, CHIP_SIZE_PX, 1))
    return np.clip(np.rint(chip + added), 0, 255).astype(np.uint8)


def test_a_faces_noise_is_what_was_added_to_it(real_chips: list[NDArray[np.uint8]]) -> None:
    """Measured: clean faces have 1.1 to 2.6, and no more than a tenth is missed of much noise, which black and white cut off."""
    assert len(real_chips) >= 15
    for chip in real_chips:
        assert noise(chip) < 4
        measured = [noise(noisy(chip, sigma)) for sigma in (0, 5, 10, 20, 40)]
        assert all(less < more for less, more in pairwise(measured))
        assert measured[2:] == pytest.approx([10, 20, 40], rel=0.12)


@pytest.mark.parametrize("sharpness", [0.04, 0.5])
def test_edges_and_slopes_are_no_noise(sharpness: float) -> None:
    assert noise(stripes(128, sharpness)) < 0.5
    steps = np.zeros((CHIP_SIZE_PX, CHIP_SIZE_PX, 3), np.uint8)
    steps[:, CHIP_SIZE_PX // 2 :] = 255
    assert noise(steps) == 0
