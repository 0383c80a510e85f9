"""Settings of labels, read from FACETALLY_LABELS_*."""

from typing import Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.common.settings import DatasetStoreSettings, S3Settings, settings_config

LABELS_FILE: Final = "labels.env"


class LabelsSettings(BaseSettings):
    """What `facetally sample`, `labels` and `datasets` need. Where none of these is set, they are read from labels.env in the state folder of one machine."""

    model_config = settings_config("labels")

    s3: S3Settings = Field(description="Connection to the photo store, as one who may read there")
    datasets: DatasetStoreSettings = Field(
        description="Connection to the store of data sets, as one who may write there"
    )
    postgres_dsn: SecretStr = Field(description="postgresql://user:password@host:port/database, the role `labels`")
    min_face_px: int = Field(
        default=200, ge=80, description="As detect has it: photos are decoded at the same scale, pixels"
    )
    max_photo_pixels: int = Field(default=100_000_000, ge=1, description="As detect has it: larger photos are skipped")
