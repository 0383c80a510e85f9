"""Settings of record, read from FACETALLY_RECORD_*."""

from pydantic import Field, SecretStr

from services.common.settings import NatsSettings, ServiceSettings, settings_config


class RecordSettings(ServiceSettings):
    """Where results are kept, and what an estimate must reach to count as known."""

    model_config = settings_config("record")

    nats: NatsSettings = Field(description="Connection to NATS")
    postgres_dsn: SecretStr = Field(description="postgresql://user:password@host:port/database, the role `record`")
    min_gender_probability: float = Field(
        default=0.6, ge=0.5, le=1, description="Below it a visitor's gender is tallied as unknown"
    )
    min_emotion_probability: float = Field(
        default=0.3, ge=0, le=1, description="Below it a visitor's mood is tallied as unknown"
    )
    max_batch: int = Field(default=200, ge=1, description="Most photos written in one transaction")
