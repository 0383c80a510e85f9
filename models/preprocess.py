"""Preprocessing, defined once: training, evaluation and serving all use this.

The crop makes the difference. With more padding than this, the nets' error in adult age goes up by half.
"""

from typing import Final

CHIP_SIZE_PX: Final = 112
# Of the chip's size, added around the face on every side by dlib's get_face_chip.
CHIP_PADDING: Final = 0.2
CHIP_BYTES: Final = CHIP_SIZE_PX * CHIP_SIZE_PX * 3

# The mean colour that the nets were trained with, R G B, 0 to 255. Source: face-api.js, NetInput.
MEAN_RGB: Final = (122.782, 117.001, 104.298)
SCALE: Final = 255.0
