"""Settings of record, read from FACETALLY_RECORD_*."""

from pydantic import Field, SecretStr

from services.common.settings import NatsSettings, ServiceSettings, settings_config
from services.common.vocabulary import Quality


class RecordSettings(ServiceSettings):
    """Where results are kept, which faces count as visitors, and what an estimate must reach to count as known."""

    model_config = settings_config("record")

    nats: NatsSettings = Field(description="Connection to NATS")
    postgres_dsn: SecretStr = Field(description="postgresql://user:password@host:port/database, the role `record`")
    min_gender_probability: float = Field(
        default=0.6, ge=0.5, le=1, description="Below it a visitor's gender is tallied as unknown"
    )
    min_emotion_probability: float = Field(
        default=0.4, ge=0, le=1, description="Below it a visitor's mood is tallied as unknown"
    )
    counted_quality: Quality = Field(
        default=Quality.USABLE,
        description="Least quality of a face that counts as a visitor: good, usable or rejected. "
        "Other faces are kept, and in no tally",
    )
    mood_quality: Quality = Field(
        default=Quality.GOOD,
        description="Least quality of a face whose mood is tallied: good, usable or rejected. Below it the mood is "
        "unknown: measured on faces that are blurred or turned away, it is right once in three times, while age and "
        "gender hold up",
    )
    max_batch: int = Field(default=200, ge=1, description="Most photos written in one transaction")
