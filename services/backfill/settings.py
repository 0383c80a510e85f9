"""Settings of backfill, read from FACETALLY_BACKFILL_*."""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, SecretStr

from services.common.settings import EstimateSettings, NatsSettings, S3Settings, settings_config

BACKFILL_FILE: Final = "backfill.env"


class BackfillSettings(EstimateSettings):
    """What `facetally backfill` needs. Where none of these is set, they are read from backfill.env in the state folder of one machine."""

    model_config = settings_config("backfill")

    nats: NatsSettings = Field(description="Connection to NATS, as the user `backfill`")
    s3: S3Settings = Field(description="Connection to the photo store; needs to read photos and models only")
    models_bucket: str = Field(default="models", description="Bucket that holds releases of models, beside the photos'")
    postgres_dsn: SecretStr = Field(description="postgresql://user:password@host:port/database, the role `backfill`")
    crops: Literal["fast", "balanced", "thorough"] = Field(
        default="balanced", description="Looks that each face gets, as classify has it: versions name it"
    )
    min_face_px: int = Field(
        default=200, ge=80, description="As detect has it: photos are decoded at the same scale, pixels"
    )
    max_photo_pixels: int = Field(default=100_000_000, ge=1, description="As detect has it: larger photos are skipped")
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="Where the nets run")
    weights_dir: Path | None = Field(
        default=None, description="Folder of the weights that come with the code; by default models/weights beside it"
    )
    batch_photos: int = Field(
        default=32, ge=1, le=500, description="Photos of one transaction; so many are held in memory"
    )
    low_priority: bool = Field(
        default=True,
        description="Run only while nobody else wants the processor; a machine of its own needs no such thing",
    )
    most_waiting: int = Field(
        default=20,
        ge=0,
        description="Photos that may wait for detect or classify: while more do, backfill waits for them",
    )
    look_again_s: float = Field(default=2.0, gt=0, description="After how long it looks whether they still do")
    patience_s: float = Field(
        default=600.0, ge=0, description="For how long a server may be away before `facetally backfill run` gives up"
    )
