"""The settings that services have in common. Each service adds its own, under its own prefix."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

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


class NatsSettings(BaseModel):
    """Where the messages are, and who asks for them."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="Server addresses, comma-separated: nats://host:4222")
    user: str = Field(description="User name; each service has its own, with the rights it needs")
    password: SecretStr = Field(description="That user's password")


class S3Settings(BaseModel):
    """Where the photos are, and who asks for them."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="Endpoint of any S3-compatible store: http(s)://host:port")
    access_key: str = Field(description="Access key; each service has its own, with the rights it needs")
    secret_key: SecretStr = Field(description="That access key's secret")
    bucket: str = Field(default="photos", description="Bucket that holds the photos")
    region: str = Field(default="us-east-1", description="Region name that requests are signed for")
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


class ServiceSettings(BaseSettings):
    """What every service needs to be watched."""

    health_host: Host = Field(default="127.0.0.1", description="Address that /livez, /readyz and /metrics listen on")
    health_port: Port = Field(description="Port of /livez, /readyz and /metrics")
    log_format: Literal["json", "console"] = Field(default="json", description="json for machines, console for people")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least serious event that is logged"
    )
