"""The settings that services have in common. Each service adds its own, under its own prefix."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.common.visitors import Thresholds
from services.common.vocabulary import Quality

_STATE_DIR: Final = "FACETALLY_STANDALONE_STATE_DIR"

Port = Annotated[int, Field(ge=1, le=65535)]


def _is_address(host: str) -> str:
    if host != "localhost":
        ip_address(host)
    return host


Host = Annotated[str, BeforeValidator(_is_address)]


def settings_config(service: str) -> SettingsConfigDict:
    """Configuration of a settings class: read from FACETALLY_<SERVICE>_*, nested with two underscores, frozen.

    A variable that is empty counts as one that is not set.
    """
    return SettingsConfigDict(
        env_prefix=f"FACETALLY_{service.upper()}_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
    )


def state_file(name: str, settings: type[BaseSettings], environment: Mapping[str, str]) -> Path | None:
    """The file in the state folder of one machine that a command's settings are read from.

    Args:
        name: of the file, which standalone writes.
        settings: the command's.
        environment: where none of them may be set.

    Returns:
        None where the environment has any of them: settings come from one place.
    """
    prefix = str(settings.model_config["env_prefix"])
    own = tuple(f"{prefix}{field}".upper() for field in settings.model_fields)
    if any(variable.startswith(own) and value for variable, value in environment.items()):
        return None
    return Path(environment.get(_STATE_DIR) or ".state") / name


class NatsSettings(BaseModel):
    """Where the messages are, and who asks for them."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="Server addresses, comma-separated: nats://host:4222")
    user: str = Field(description="User name; each service has its own, with the rights it needs")
    password: SecretStr = Field(description="That user's password")


class StoreSettings(BaseModel):
    """Where an S3-compatible store is, and who asks for what is in it."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="Endpoint of any S3-compatible store: http(s)://host:port")
    access_key: str = Field(description="Access key; each service has its own, with the rights it needs")
    secret_key: SecretStr = Field(description="That access key's secret")
    region: str = Field(default="us-east-1", description="Region name that requests are signed for")


class ModelStoreSettings(StoreSettings):
    """Where releases of models are."""

    bucket: str = Field(default="models", description="Bucket that holds releases of models")


class DatasetStoreSettings(StoreSettings):
    """Where data sets of labelled faces are."""

    bucket: str = Field(default="datasets", description="Bucket that holds data sets of labelled faces")


class S3Settings(StoreSettings):
    """Where the photos are."""

    bucket: str = Field(default="photos", description="Bucket that holds the photos")
    seaweedfs_filer: str | None = Field(
        default=None,
        description="Where the store is SeaweedFS, host:port of its filer's gRPC: photos are then written past the S3 "
        "gateway, for a tenth of its CPU, and are there for S3 as any other (docs/adr/0014)",
    )
    recent_photos: Path | None = Field(
        default=None,
        description="Where ingest and detect share a machine, a file in its memory, such as /dev/shm/NAME/recent, that only "
        "they can read: photos go through it as well, and need not be read from the store (docs/adr/0015)",
    )


class EstimateSettings(BaseSettings):
    """From when on an estimate counts as known: the same wherever results are written."""

    min_gender_probability: float = Field(
        default=0.6, ge=0.5, le=1, description="Below it a visitor's gender is tallied as unknown"
    )
    min_emotion_probability: float = Field(
        default=0.4, ge=0, le=1, description="Below it a visitor's mood is tallied as unknown"
    )
    mood_quality: Quality = Field(
        default=Quality.GOOD,
        description="Least quality of a face whose mood is tallied: good, usable or rejected. Below it the mood is "
        "unknown: measured on faces that are blurred or turned away, it is right once in three times, while age and "
        "gender hold up",
    )

    @property
    def thresholds(self) -> Thresholds:
        """From when on an estimate counts as known."""
        return Thresholds(self.min_gender_probability, self.min_emotion_probability, self.mood_quality)


class ServiceSettings(BaseSettings):
    """What every service needs to be watched."""

    health_host: Host = Field(default="127.0.0.1", description="Address that /livez, /readyz and /metrics listen on")
    health_port: Port = Field(description="Port of /livez, /readyz and /metrics")
    log_format: Literal["json", "console"] = Field(default="json", description="json for machines, console for people")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least serious event that is logged"
    )
