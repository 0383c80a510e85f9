"""Facial expression: one linear layer over dense features.

Source: face-api.js, FaceExpressionNet, 0.3 M weights. https://github.com/vladmandic/face-api
"""

from torch import Tensor, nn

from models.architectures.dense_features import FEATURES, DenseFeatures


class ExpressionDenseNet(DenseFeatures):
    """Estimates which of seven expressions a face shows."""

    def __init__(self) -> None:
        super().__init__()
        self.expression = nn.Linear(FEATURES, 7)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate.

        Args:
            x: (n, 3, 112, 112), R G B, 0 to 255.

        Returns:
            Logits of [neutral, happy, sad, angry, fearful, disgusted, surprised], (n, 7).
        """
        logits: Tensor = self.expression(self.features(x))
        return logits
