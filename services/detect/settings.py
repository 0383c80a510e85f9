"""Settings of detect, read from FACETALLY_DETECT_*."""

from pydantic import Field

from services.common.settings import NatsSettings, S3Settings, ServiceSettings, settings_config


class DetectSettings(ServiceSettings):
    """Which faces are looked for, and how far ahead photos are fetched."""

    model_config = settings_config("detect")

    nats: NatsSettings = Field(description="Connection to NATS")
    s3: S3Settings = Field(description="Connection to the photo store; needs to read only")
    min_face_px: int = Field(
        default=200, ge=80, description="Smallest face that counts: width of its box in the full-size photo, pixels"
    )
    max_faces: int = Field(default=100, ge=1, le=100, description="Faces kept of one photo, the largest first")
    score_threshold: float = Field(default=0.0, description="The detector's confidence from which on a box is a face")
    max_photo_pixels: int = Field(default=100_000_000, ge=1, description="Larger photos are unreadable")
    photos_in_flight: int = Field(
        default=3, ge=1, description="Photos fetched at once; one of them is being looked at, by one thread"
    )
