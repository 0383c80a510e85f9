"""A PyTorch net into a file that OpenVINO runs."""

import warnings
from pathlib import Path

import openvino
import torch
from openvino.preprocess import PrePostProcessor
from torch import nn

from models.runtime.exported import CONSTANTS_SHA256, WEIGHTS_SHA256, constants_digest


def write(net: nn.Module, side_px: int | None, weights_sha256: str, path: Path) -> None:
    """Convert, and write with the digests of what it was made of.

    Args:
        net: takes (n, 3, h, w) float32, R G B, 0 to 255; the written one takes (n, h, w, 3) uint8.
        side_px: of its input; None where it takes any size, one image at a time.
        weights_sha256: digest of its weights.
        path: of the file, .xml; constants go beside it.
    """
    example = torch.rand(1, 3, side_px or 64, side_px or 64) * 255
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing is deprecated, and OpenVINO's way in
        model = openvino.convert_model(net.eval(), example_input=example, input=[-1, 3, side_px or -1, side_px or -1])
    bytes_in = PrePostProcessor(model)
    bytes_in.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    bytes_in.input().model().set_layout(openvino.Layout("NCHW"))
    model = bytes_in.build()
    model.set_rt_info(weights_sha256, WEIGHTS_SHA256)
    # The digest of the constants is known when they are written, so it takes two writes.
    openvino.save_model(model, path, compress_to_fp16=False)
    model.set_rt_info(constants_digest(path), CONSTANTS_SHA256)
    openvino.save_model(model, path, compress_to_fp16=False)
