"""What nets that were trained with dlib share."""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

# Source: dlib, input_rgb_image_sized. Its mean colour is models.preprocess.MEAN_RGB.
DLIB_SCALE: Final = 256.0


class Shrink(nn.Module):
    """Chips to the side that a net was trained on."""

    def __init__(self, side_px: int) -> None:
        super().__init__()
        self.side_px = side_px

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, s, s) -> (n, c, side_px, side_px)."""
        if x.shape[-1] == self.side_px:
            return x
        return functional.interpolate(x, (self.side_px, self.side_px), mode="bilinear", antialias=True)
