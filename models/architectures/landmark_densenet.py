"""Landmarks: where 68 points of a face are.

Source: face-api.js, FaceLandmark68Net, 0.4 M weights. https://github.com/vladmandic/face-api
"""

from typing import Final

from torch import Tensor, nn

from models.architectures.dense_features import FEATURES, DenseFeatures

POINTS: Final = 68


class LandmarkDenseNet(DenseFeatures):
    """Finds 68 points: 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 mouth; each part from the image's left."""

    def __init__(self) -> None:
        super().__init__()
        self.landmarks = nn.Linear(FEATURES, POINTS * 2)

    def forward(self, x: Tensor) -> Tensor:
        """Find the points.

        face-api's postProcess takes out the bars that make an oblong image square. A chip is square: it has none.

        Args:
            x: (n, 3, 112, 112), R G B, 0 to 255.

        Returns:
            x, y of each point in sides of the image, from its top left corner, (n, 68, 2). A point that the image cuts
            off, a chin for example, lies below 0 or above 1.
        """
        points: Tensor = self.landmarks(self.features(x))
        return points.reshape(-1, POINTS, 2)
