"""How everything is measured, for the reader of docs/accuracy.md, with the numbers that the code uses."""

from typing import Final

from models.evaluation.backgrounds import FRAME_PX
from models.evaluation.detection import FULL
from models.evaluation.frames import BLUR_OF_WIDTH, COVERED_FROM, DARK_MEAN, PASTED_PX, ROTATION_DEG, SHORTER_SIDE_PX
from models.evaluation.metrics import RESAMPLES

PROTOCOL: Final = f"""## How it is measured

**The faces.** Age and gender: UTKFace, aligned, 200 pixels (research use). Emotion: the validation and test sets of FER2013, 48
pixels, grey, and tightly cropped faces from the web, about 350 pixels (muxspace/facial_expressions, repository under Apache-2.0).
They are not in this repository. No net was trained on them here; UTKFace was part of what the age net's authors trained on.
Temperatures, the correction of age and its intervals are fitted on the even rows of their labels.

**Estimates.** Each image is scaled to {SHORTER_SIDE_PX} pixels along its shorter side (bicubic) and half of that is added on every
side by repeating its edge. That is the photo; detection is given it at half its size (area averages), as it is given a camera's.
Of the faces found, the one with the largest width minus 0.3 times its distance from the middle is taken. A face that is not
found is counted as such, and left out of the other figures.

**Frames with faces.** Frames of {FRAME_PX[1]} x {FRAME_PX[0]}: an image {PASTED_PX[0]} to {PASTED_PX[1]} pixels wide (uniform; less
where a tall image would not fit), pasted at a random place on a background without faces, then compressed as JPEG of quality
90 and decoded at half size, as detect does. A face is found if the middle of a box lies in the middle half of the image; boxes
elsewhere, and every further box there, are too many. Some images from the web show half a face: a box around it can have its
middle elsewhere, which counts against the method twice. Plain: all web faces, and {FULL.per_condition} of UTKFace; every other
condition: {FULL.per_condition} of each, evenly spread over the labels. A face has the same background, place and size under all
conditions and for all methods.

| condition | what is done |
|---|---|
| rotated | turned by {ROTATION_DEG[0]} to {ROTATION_DEG[1]} degrees, to either side |
| blurred | Gaussian, its sigma {100 * BLUR_OF_WIDTH:g} % of the image's width |
| dark | the whole frame darkened by one factor, so that the image's mean is {DARK_MEAN} of 255 |
| covered | everything below {100 * COVERED_FROM:g} % of the image's height painted over in one of four plain colours |

**Frames without faces.** {FULL.face_free}, of the same backgrounds: parts without heads of the six photos that
@vladmandic/face-api ships, and eight pictures of scikit-image; random 16 : 9 parts, at least 480 pixels wide where the picture is,
mirrored or not, with a gamma of 0.6 to 1.5.

**Heads in the demo photos.** 22 heads were marked by eye, profiles and faces below the smallest size included; a box within
150 pixels of a head's middle is that head's.

**Intervals.** Percentiles 2.5 and 97.5 of {RESAMPLES} bootstrap resamples. They say how much chance is in the choice of these
faces, not how far other faces may differ. All random numbers have fixed seeds.

**CPU time.** Of this process, methods in turns on every frame. Only those of one run compare."""
