"""The CNN detector is dlib's: the same faces, the same boxes to the pixel, the same confidence."""

from importlib.util import find_spec
from pathlib import Path

import cv2
import dlib
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.architectures.mmod import Mmod
from models.preprocess import MEAN_RGB
from models.pyramid import DLIB_STEPS, Found, Layout, canvases, found, layout
from models.registry import load
from tests.models.faces import decoded

# Measured on 16 frames: 3e-6.
CONFIDENCE_TOLERANCE = 1e-4
# Where smaller sizes are interpolated in bytes: 0.0016, while a face has about 1.
BYTES_TOLERANCE = 0.02
# Four faces of three sizes, one that fills half the frame, and one that is too small for either.
FRAMES = [("photo-06.jpg", 512, 4), ("photo-07.jpg", 512, 1), ("photo-11.jpg", 384, 0)]


@pytest.fixture(scope="module")
def net() -> Mmod:
    net, _ = load("dlib-mmod-face")
    assert isinstance(net, Mmod)
    return net


@pytest.fixture(scope="module")
def dlibs() -> dlib.cnn_face_detection_model_v1:
    spec = find_spec("face_recognition_models")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0])
    return dlib.cnn_face_detection_model_v1(str(folder / "models" / "mmod_human_face_detector.dat"))


def frame(photo: Path, width_px: int) -> NDArray[np.uint8]:
    rgb = decoded(photo).rgb
    height_px = rgb.shape[0] * width_px // rgb.shape[1]
    return np.asarray(cv2.resize(rgb, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)


def floating_canvas(rgb: NDArray[np.uint8], plan: Layout) -> Tensor:
    """The canvas in dlib's arithmetic: each size interpolated from the one above, and never rounded to bytes."""
    image = torch.from_numpy(rgb)[None].permute(0, 3, 1, 2).float()
    filled = torch.tensor(MEAN_RGB).view(1, 3, 1, 1).repeat(1, 1, plan.height_px, plan.width_px)
    for tile in plan.tiles:
        if image.shape[2:] != (tile.height, tile.width):
            image = functional.interpolate(image, (tile.height, tile.width), mode="bilinear", align_corners=True)
        filled[:, :, tile.top : tile.top + tile.height, tile.left : tile.left + tile.width] = image
    return filled


def looked(net: Mmod, pixels: Tensor, plan: Layout) -> list[Found]:
    with torch.inference_mode():
        return found([plan], [net(pixels)[0].numpy()], 0.0)


@pytest.mark.parametrize(("photo", "width_px", "faces"), FRAMES)
def test_faces_boxes_and_confidence_are_dlibs(
    demo_photos: Path, net: Mmod, dlibs: dlib.cnn_face_detection_model_v1, photo: str, width_px: int, faces: int
) -> None:
    rgb = frame(demo_photos / photo, width_px)
    plan = layout(*rgb.shape[:2], DLIB_STEPS)
    assert plan is not None
    theirs = dlibs(rgb, 0)
    ours = looked(net, floating_canvas(rgb, plan), plan)
    assert len(ours) == len(theirs) == faces
    for our, their in zip(ours, theirs, strict=True):
        rectangle = their.rect
        assert our[:4] == (rectangle.left(), rectangle.top(), rectangle.width(), rectangle.height())
        assert our.score == pytest.approx(their.confidence, abs=CONFIDENCE_TOLERANCE)


@pytest.mark.parametrize(("photo", "width_px", "faces"), FRAMES)
def test_sizes_interpolated_in_bytes_show_the_same_faces(
    demo_photos: Path, net: Mmod, photo: str, width_px: int, faces: int
) -> None:
    rgb = frame(demo_photos / photo, width_px)
    plan = layout(*rgb.shape[:2], DLIB_STEPS)
    assert plan is not None
    exact = looked(net, floating_canvas(rgb, plan), plan)
    ours = looked(net, torch.from_numpy(canvases(rgb, [plan])[0])[None].permute(0, 3, 1, 2).float(), plan)
    assert len(ours) == faces
    for our, other in zip(sorted(ours), sorted(exact), strict=True):
        assert our[:4] == other[:4]
        assert our.score == pytest.approx(other.score, abs=BYTES_TOLERANCE)
