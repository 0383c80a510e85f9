"""Settings of detect, read from FACETALLY_DETECT_*."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from services.common.settings import NatsSettings, S3Settings, ServiceSettings, settings_config


class FinderSettings(BaseSettings):
    """How faces are looked for: all that `facetally camera check` must know."""

    model_config = settings_config("detect")

    method: Literal["cnn", "cascade", "hog"] = Field(
        default="cnn",
        description="What finds faces: dlib's CNN, its HOG detector, or HOG and the CNN where HOG is not sure. "
        "docs/accuracy.md compares what they find and cost",
    )
    min_face_px: int = Field(
        default=200,
        ge=80,
        description="Width that a face should have in the full-size photo, pixels. It counts from three quarters of it "
        "on, because a turned head measures less",
    )
    score_threshold: float = Field(default=-0.2, description="The detector's confidence from which on a box is a face")
    max_photo_pixels: int = Field(default=100_000_000, ge=1, description="Larger photos are unreadable")
    weights_dir: Path | None = Field(
        default=None, description="Folder of converted and exported weights; by default models/weights beside the code"
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="Where the CNN runs; HOG runs on the CPU")
    threads: int = Field(default=1, ge=1, description="CPU threads of the CNN; scale by replicas instead")
    urgent_threads: int = Field(
        default=1,
        ge=1,
        description="The same while somebody waits for the answer: where programs ask, as many as there are cores shorten the wait",
    )
    max_batch_photos: int = Field(
        default=1, ge=1, description="Most photos looked at together: 1 on a CPU, where more gain nothing; 16 on a GPU"
    )
    max_batch_delay_ms: float = Field(default=5.0, ge=0, description="How long the first of them waits for others")


class DetectSettings(FinderSettings, ServiceSettings):
    """Which faces are looked for, and how far ahead photos are fetched."""

    model_config = settings_config("detect")

    nats: NatsSettings = Field(description="Connection to NATS")
    s3: S3Settings = Field(description="Connection to the photo store; needs to read only")
    max_faces: int = Field(default=100, ge=1, le=100, description="Faces kept of one photo, the largest first")
    photos_in_flight: int = Field(
        default=3, ge=1, description="Photos fetched at once; one thread looks at them, a batch at a time"
    )
