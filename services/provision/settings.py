"""Settings of provision, read from FACETALLY_PROVISION_*."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.common.settings import NatsSettings, S3Settings, settings_config


class ProvisionSettings(BaseSettings):
    """The administrators' credentials, and the passwords that the services' database roles get."""

    model_config = settings_config("provision")

    nats: NatsSettings = Field(description="Connection to NATS, as its administrator")
    s3: S3Settings = Field(description="Connection to the photo store, as its administrator")
    models_bucket: str = Field(default="models", description="Bucket that holds releases of models, beside the photos'")
    datasets_bucket: str = Field(default="datasets", description="Bucket that holds data sets of labelled faces")
    postgres_dsn: SecretStr = Field(description="postgresql://owner:password@host:port/database, the schema's owner")
    record_password: SecretStr = Field(description="Password of the database role `record`")
    report_password: SecretStr = Field(description="Password of the database role `report`")
    account_password: SecretStr = Field(description="Password of the database role `account`")
    bi_password: SecretStr = Field(description="Password of the database role `bi`")
    estate_password: SecretStr = Field(description="Password of the database role `estate`")
    operator_password: SecretStr = Field(description="Password of the database role `operator`")
    backfill_password: SecretStr = Field(description="Password of the database role `backfill`")
    labels_password: SecretStr = Field(description="Password of the database role `labels`")
    photos_kept_days: int = Field(
        default=30,
        ge=0,
        description="After how many days the photo store removes photos, by a lifecycle rule of the bucket; 0: never",
    )
    wait_s: float = Field(default=60.0, ge=0, description="How long to wait for servers that are not up yet")
