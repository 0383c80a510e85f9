"""Gender: a small plain net.

Source: dlib's dnn_gender_classifier_v1 by Cydral Technology, 0.1 M weights. https://github.com/davisking/dlib-models
"""

from torch import Tensor, nn
from torch.nn import functional

from models.architectures.dlib_layers import DLIB_SCALE, Shrink
from models.architectures.layers import Normalise
from models.preprocess import MEAN_RGB

SIDE_PX = 32


class DlibGenderCnn(nn.Module):
    """Estimates gender."""

    def __init__(self) -> None:
        super().__init__()
        self.shrink = Shrink(SIDE_PX)
        self.normalise = Normalise(MEAN_RGB, DLIB_SCALE)
        self.conv0 = nn.Conv2d(3, 32, 3, padding=1)
        self.conv1 = nn.Conv2d(32, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 64, 3, padding=1)
        self.hidden = nn.Linear(64 * (SIDE_PX // 4) ** 2, 16)
        self.gender = nn.Linear(16, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate.

        Args:
            x: (n, 3, s, s), R G B, 0 to 255; s is 32, or larger.

        Returns:
            Logits of [female, male], (n, 2).
        """
        x = self.normalise(self.shrink(x))
        x = functional.avg_pool2d(functional.relu(self.conv1(functional.relu(self.conv0(x)))), 2)
        x = functional.avg_pool2d(functional.relu(self.conv3(functional.relu(self.conv2(x)))), 2)
        logits: Tensor = self.gender(functional.relu(self.hidden(x.flatten(1))))
        return logits
