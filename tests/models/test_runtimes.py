"""Nets give the same on every runtime, and what was exported from something else is refused."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import openvino
import pytest
import torch
from numpy.typing import NDArray

from models.architectures.mmod import Mmod, QuantisedMmod
from models.predict.boxes import CNN, SCORE_THRESHOLD, Method, load_boxes
from models.predict.classifier import AGE_GENDER, EXPRESSION, FaceClassifier
from models.predict.finder import FaceFinder
from models.predict.landmarker import FaceLandmarker
from models.pyramid import Found, Layout, canvases, found, layout
from models.registry import WEIGHTS_DIR, Card, WeightsError, load, read_card
from models.runtime import Net, exported, openvino_runtime
from models.runtime.exported import file_of, has_fast_int8
from models.runtime.openvino_runtime import batched_net, sized_net
from models.runtime.torch_runtime import torch_net
from tests.models.faces import decoded, reference_chips, reference_crops

# The longer side at which their faces are as large as the detector's window or a little larger, pixels.
PHOTOS = {
    "crowd.jpg": 960,
    "too-small.jpg": 1280,
    "no-face.jpg": 480,
    **{f"photo-{number:02}.jpg": 480 for number in range(1, 13)},
}
# Of confidence, where a face has about 1. OpenVINO computes what `QuantisedMmod` simulates, but rounds at other places:
# measured on the demo's photos 0.025 at most and 0.0008 on average, over all cells.
INT8_TOLERANCE = 0.05
INT8_MEAN_TOLERANCE = 0.002
# What the rounding itself changes of a face's confidence: 0.061 at most.
INT8_LOSS = 0.1
# A face shows in several sizes, and another one may win: then the boxes are a fifth apart, and this much is common.
SAME_FACE = 0.5
HAS_FAST_INT8 = pytest.mark.skipif(
    not has_fast_int8(), reason="this processor has no VNNI: 8-bit nets are not used here"
)
NEEDS_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
NO_CUDA = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
CPU = torch.device("cpu")


def mmod() -> Mmod:
    net, _ = load(CNN)
    assert isinstance(net, Mmod)
    return net


def card() -> Card:
    return read_card(CNN)


def laid_out(photo: Path) -> tuple[NDArray[np.uint8], Layout]:
    rgb = decoded(photo, factor=1).rgb
    scale = PHOTOS[photo.name] / max(rgb.shape[:2])
    small = np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    plan = layout(*small.shape[:2])
    assert plan is not None
    return canvases(small, [plan])[0][None], plan


def common(a: Found, b: Found) -> float:
    """Of the area that two boxes cover together, the part that both do."""
    across = min(a.left + a.width, b.left + b.width) - max(a.left, b.left)
    down = min(a.top + a.height, b.top + b.height) - max(a.top, b.top)
    both = max(across, 0.0) * max(down, 0.0)
    return both / (a.width * a.height + b.width * b.height - both)


def pretend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str) -> None:
    """A processor that can do this."""
    cpu_info = tmp_path / "cpuinfo"
    cpu_info.write_text(f"processor\t: 0\nvmx flags\t: avx_vnni\n{flags}\nbugs\t\t: none\n")
    monkeypatch.setattr(exported, "_CPU_INFO", cpu_info)


@pytest.fixture(scope="module")
def int8() -> Net:
    return sized_net(card(), WEIGHTS_DIR, 1)


@pytest.fixture(scope="module")
def simulated() -> Net:
    quantisation = card().quantisation
    assert quantisation is not None
    return torch_net(QuantisedMmod(mmod(), quantisation.activations), CPU)


@pytest.fixture(scope="module")
def fp32() -> Net:
    return torch_net(mmod(), CPU)


@HAS_FAST_INT8
@pytest.mark.parametrize("photo", ["photo-04.jpg", "photo-11.jpg", "too-small.jpg"])
def test_the_detector_in_8_bits_computes_what_pytorch_simulates(
    demo_photos: Path, int8: Net, simulated: Net, photo: str
) -> None:
    images, _ = laid_out(demo_photos / photo)
    (ours,), (theirs,) = int8(images), simulated(images)
    assert ours.shape == theirs.shape
    assert abs(ours - theirs).max() < INT8_TOLERANCE
    assert abs(ours - theirs).mean() < INT8_MEAN_TOLERANCE


@HAS_FAST_INT8
@pytest.mark.parametrize("photo", PHOTOS)
def test_the_detector_in_8_bits_finds_the_same_faces(demo_photos: Path, int8: Net, fp32: Net, photo: str) -> None:
    images, plan = laid_out(demo_photos / photo)
    ours, theirs = (found([plan], [net(images)[0]], SCORE_THRESHOLD) for net in (int8, fp32))
    assert bool(theirs) is (photo != "no-face.jpg")
    for some, others in ((ours, theirs), (theirs, ours)):
        # Of these a net is sure enough to have them in either arithmetic.
        for face in (face for face in some if face.score > SCORE_THRESHOLD + INT8_LOSS):
            assert others
            nearest = max(others, key=lambda other: common(face, other))
            assert common(face, nearest) > SAME_FACE
            assert nearest.score == pytest.approx(face.score, abs=INT8_LOSS)


def test_a_net_takes_images_of_many_sizes_in_turn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fp32: Net) -> None:
    pretend(monkeypatch, tmp_path, "flags\t\t: fpu sse2 avx2")
    net = sized_net(card(), WEIGHTS_DIR, 1)
    rng = np.random.default_rng(7)
    # The first one again at the end; 29 pixels is the least.
    sizes = [
        (29, 29),
        (29, 64),
        (64, 29),
        (77, 50),
        (50, 77),
        (90, 90),
        (61, 33),
        (33, 61),
        (120, 40),
        (40, 121),
        (29, 29),
    ]
    for height, width in sizes:
        images = rng.integers(0, 256, (2, height, width, 3), np.uint8)
        (ours,), (theirs,) = net(images), fp32(images)
        assert ours.shape == theirs.shape
        assert ours.dtype == np.float32
        # Measured: no difference at all.
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


class Compiling:
    """Notes which nets are made, and which of them computes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        self.used: list[str] = []
        self._compile, self._outputs = openvino_runtime._compile, openvino_runtime._outputs
        monkeypatch.setattr(openvino_runtime, "_compile", self.compile)
        monkeypatch.setattr(openvino_runtime, "_outputs", self.outputs)

    def compile(self, model: openvino.Model, *rest: int, **more: int) -> tuple[str, openvino.CompiledModel]:
        self.made.append(str(model.input().partial_shape))
        return self.made[-1], self._compile(model, *rest, **more)

    def outputs(
        self, made: tuple[str, openvino.CompiledModel], images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], ...]:
        self.used.append(made[0])
        return self._outputs(made[1], images)


ANY_SIZE = "[1,?,?,3]"


def noise_of(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(height * width).integers(0, 256, (1, height, width, 3), np.uint8)


def test_a_size_that_comes_again_gets_a_net_of_its_own_which_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling = Compiling(monkeypatch)
    net = sized_net(card(), WEIGHTS_DIR, 1)
    images = noise_of(120, 160)
    outputs = [net(images)[0] for _ in range(4)]
    assert compiling.used == [ANY_SIZE, ANY_SIZE, "[1,120,160,3]", "[1,120,160,3]"]
    for later in outputs[1:]:
        np.testing.assert_allclose(later, outputs[0], rtol=0, atol=1e-4)
    net(noise_of(80, 90))
    assert compiling.used[-1] == ANY_SIZE, "the net for all sizes still takes all"


def test_a_cameras_size_keeps_its_net_while_a_hundred_odd_ones_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling = Compiling(monkeypatch)
    net = sized_net(card(), WEIGHTS_DIR, 1)
    for _ in range(3):
        net(noise_of(120, 160))
    for odd in range(100):
        net(noise_of(40 + odd, 50))
    net(noise_of(120, 160))
    assert compiling.made == [ANY_SIZE, "[1,120,160,3]"]
    assert compiling.used[-1] == "[1,120,160,3]"


def test_of_sizes_that_come_again_those_used_last_keep_their_nets(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling = Compiling(monkeypatch)
    net = sized_net(card(), WEIGHTS_DIR, 1)
    sizes = [(40 + i, 50) for i in range(openvino_runtime._SIZES_KEPT + 1)]
    for size in sizes:
        for _ in range(3):
            net(noise_of(*sizes[0]))
            net(noise_of(*size))
    assert len(compiling.made) == 1 + len(sizes)
    net(noise_of(*sizes[0]))
    net(noise_of(*sizes[1]))
    assert compiling.used[-2:] == ["[1,40,50,3]", ANY_SIZE]


def test_nets_of_large_images_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling = Compiling(monkeypatch)
    monkeypatch.setattr(openvino_runtime, "_PIXELS_KEPT", 2 * 100 * 100)
    net = sized_net(card(), WEIGHTS_DIR, 1)
    for size in ((100, 100), (100, 90), (100, 80)):
        for _ in range(3):
            net(noise_of(*size))
    net(noise_of(100, 100))
    net(noise_of(100, 90))
    assert compiling.used[-2:] == [ANY_SIZE, "[1,100,90,3]"]


@pytest.mark.parametrize("count", [1, 3, 4, 5, 9])
def test_any_number_of_images_gives_what_each_gives_alone(count: int) -> None:
    net = batched_net(read_card(EXPRESSION), WEIGHTS_DIR, 1)
    images = np.concatenate([reference_crops(), reference_crops()[:1]])[:count]
    (together,) = net(images)
    alone = np.concatenate([net(image[None])[0] for image in images])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-4)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with an exported net of ours, to damage."""
    path = file_of(read_card(AGE_GENDER), WEIGHTS_DIR, int8=False)
    for suffix in (".xml", ".bin"):
        shutil.copy(path.with_suffix(suffix), tmp_path)
    return tmp_path / path.name


def assert_refused(folder: Path, net_card: Card) -> None:
    for make in (batched_net, sized_net):
        with pytest.raises(WeightsError, match="make setup"):
            make(net_card, folder, 1)


def test_an_exported_net_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path, read_card(AGE_GENDER))
    assert_refused(tmp_path, card())


def test_an_exported_net_of_other_weights_is_refused(copied: Path) -> None:
    net_card = read_card(AGE_GENDER)
    batched_net(net_card, copied.parent, 1)
    weights = net_card.weights.model_copy(update={"sha256": "0" * 64})
    assert_refused(copied.parent, net_card.model_copy(update={"weights": weights}))


def test_an_exported_net_that_does_not_say_of_what_it_is_made_is_refused(copied: Path) -> None:
    text = copied.read_text()
    for key in (exported.WEIGHTS_SHA256, exported.CONSTANTS_SHA256):
        copied.write_text("\n".join(line for line in text.splitlines() if f"<{key}" not in line))
        assert_refused(copied.parent, read_card(AGE_GENDER))


def one_bit_flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize("damage", [one_bit_flipped, lambda data: data + b"\0"], ids=["a bit flipped", "too long"])
def test_damaged_constants_are_refused(copied: Path, damage: object) -> None:
    assert callable(damage)
    constants = copied.with_suffix(".bin")
    constants.write_bytes(damage(constants.read_bytes()))
    assert_refused(copied.parent, read_card(AGE_GENDER))


@pytest.mark.parametrize(
    ("suffix", "length"),
    [(".bin", None), (".bin", 0), (".bin", 1000), (".xml", 0), (".xml", 1000)],
    ids=["no constants", "empty constants", "half of the constants", "empty net", "half of the net"],
)
def test_what_is_left_of_an_interrupted_copy_is_refused(copied: Path, suffix: str, length: int | None) -> None:
    file = copied.with_suffix(suffix)
    content = file.read_bytes()
    file.unlink()
    if length is not None:
        file.write_bytes(content[:length])
    assert_refused(copied.parent, read_card(AGE_GENDER))


@pytest.mark.parametrize(
    ("flags", "fast"),
    [
        ("flags\t\t: fpu avx2 avx512_vnni", True),
        ("flags\t\t: fpu avx_vnni avx2", True),
        ("flags\t\t: fpu avx2 avx512f avx_vnni_int8", False),
        ("flags\t\t:", False),
        ("Features\t: fp asimd avx_vnni", False),
    ],
    ids=["AVX-512", "AVX", "neither", "nothing", "another architecture"],
)
def test_a_processor_is_asked_whether_it_multiplies_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str, fast: bool
) -> None:
    pretend(monkeypatch, tmp_path, flags)
    assert has_fast_int8() is fast


def test_where_nothing_is_known_of_the_processor_bytes_are_not_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(exported, "_CPU_INFO", tmp_path / "nothing")
    assert not has_fast_int8()


@pytest.mark.parametrize(
    ("flags", "precision"), [("flags\t\t: avx512_vnni", "int8"), ("flags\t\t: avx2", "fp32")], ids=["VNNI", "no VNNI"]
)
def test_bytes_are_used_where_the_processor_multiplies_them_and_only_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str, precision: str
) -> None:
    pretend(monkeypatch, tmp_path, flags)
    # Only the net that should be used is there: the other one would be missed.
    path = file_of(card(), WEIGHTS_DIR, int8=precision == "int8")
    for suffix in (".xml", ".bin"):
        shutil.copy(path.with_suffix(suffix), tmp_path)
    boxes = load_boxes(Method.CNN, 0.0, tmp_path)
    assert boxes.version == f"{CNN}-{card().weights.sha256[:8]}-{precision}"
    (tmp_path / path.name).unlink()
    with pytest.raises(WeightsError, match=path.name):
        load_boxes(Method.CNN, 0.0, tmp_path)


@NO_CUDA
@pytest.mark.parametrize("load_on", [FaceFinder.load, FaceClassifier.load, FaceLandmarker.load])
def test_cuda_where_there_is_none_is_refused(load_on: object) -> None:
    assert callable(load_on)
    with pytest.raises(RuntimeError, match="no CUDA device"):
        load_on(device="cuda")


# On CUDA convolutions round to 10 bits of mantissa (TF32), as 16-bit floats do. What that changes was measured on the CPU,
# in 16 bits: ages by 0.015 years, logits by 0.02, the detector's confidence by 0.005.
CUDA_AGE_TOLERANCE_YEARS = 0.2
CUDA_LOGIT_TOLERANCE = 0.2
CUDA_CONFIDENCE_TOLERANCE = 0.03


@NEEDS_CUDA
@pytest.mark.parametrize(
    ("name", "tolerance"), [(AGE_GENDER, CUDA_AGE_TOLERANCE_YEARS), (EXPRESSION, CUDA_LOGIT_TOLERANCE)]
)
def test_nets_of_faces_give_the_same_on_cuda(name: str, tolerance: float) -> None:
    here = torch_net(load(name)[0], CPU)(reference_crops())
    there = torch_net(load(name)[0], torch.device("cuda"))(reference_crops())
    for ours, theirs in zip(there, here, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


@NEEDS_CUDA
@pytest.mark.parametrize("photo", ["photo-04.jpg", "photo-11.jpg"])
def test_the_detector_gives_the_same_on_cuda_in_16_bits(demo_photos: Path, fp32: Net, photo: str) -> None:
    images, _ = laid_out(demo_photos / photo)
    (there,) = torch_net(mmod(), torch.device("cuda"), half=True)(np.concatenate([images, images]))
    (here,) = fp32(images)
    for scores in there:
        np.testing.assert_allclose(scores, here[0], rtol=0, atol=CUDA_CONFIDENCE_TOLERANCE)


@NEEDS_CUDA
def test_faces_are_found_and_estimated_on_cuda_as_on_the_cpu(demo_photos: Path) -> None:
    photos = [decoded(demo_photos / name) for name in ("photo-04.jpg", "photo-06.jpg", "crowd.jpg", "no-face.jpg")]
    there, here = (FaceFinder.load(device=device).find_all(photos) for device in ("cuda", "cpu"))
    # Of these both are sure enough, in 16 bits and in 8.
    counts = [[sum(face.score > 2 * INT8_LOSS for face in faces) for faces in on_device] for on_device in (there, here)]
    assert counts[0] == counts[1] != [0, 0, 0, 0]
    assert FaceFinder.load(device="cuda").version != FaceFinder.load().version
    ours, theirs = (FaceClassifier.load(device=device).predict(reference_chips()) for device in ("cuda", "cpu"))
    np.testing.assert_allclose(ours.age_years, theirs.age_years, rtol=0, atol=CUDA_AGE_TOLERANCE_YEARS)
    np.testing.assert_allclose(ours.gender, theirs.gender, rtol=0, atol=0.02)
    np.testing.assert_allclose(ours.emotion, theirs.emotion, rtol=0, atol=0.05)
