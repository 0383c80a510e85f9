"""Settings of estate, read from FACETALLY_ESTATE_*."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.common.settings import NatsSettings, settings_config


class EstateSettings(BaseSettings):
    """Where the registry is, and where cells read the logins."""

    model_config = settings_config("estate")

    nats: NatsSettings = Field(description="Connection to NATS")
    postgres_dsn: SecretStr = Field(description="postgresql://user:password@host:port/database, the role `estate`")
