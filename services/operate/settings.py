"""Settings of operate, read from FACETALLY_OPERATE_*, or on one machine from the file that standalone has written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from services.common.settings import NatsSettings, S3Settings, settings_config, state_file

ENVIRONMENT_FILE: Final = "operate.env"


class OperateSettings(BaseSettings):
    """What `facetally doctor`, `backlog` and `dead` look at. Where none of these is set, they are read from operate.env in the state folder of one machine."""

    model_config = settings_config("operate")

    nats: NatsSettings = Field(description="Connection to NATS, as the user `operator`")
    s3: S3Settings = Field(description="Connection to the photo store; needs to list only")
    cell: bool = Field(
        default=False, description="In a cell: results are recorded at headquarters, and there is no Postgres"
    )
    postgres_dsn: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="postgresql://user:password@host:port/database, the role `operator`; must be set, but in a cell",
    )
    health_urls: dict[str, str] = Field(
        default={}, description='Address of each service\'s /readyz, as JSON: {"ingest": "http://host:port/readyz"}'
    )
    ftps_address: str | None = Field(
        default=None,
        pattern=r"^\S+:\d{1,5}$",
        description="host:port of FTP, to look at the certificate that cameras are shown; not looked at when empty",
    )
    state_dir: Path | None = Field(
        default=None, description="Folder whose disk must not fill up; not looked at when empty"
    )
    weights_dir: Path | None = Field(
        default=None, description="Folder of converted and exported weights; by default models/weights beside the code"
    )
    limit_s: float = Field(default=10.0, gt=0, le=300, description="How long doctor waits for each of its checks")

    @field_validator("postgres_dsn")
    @classmethod
    def _is_there_where_postgres_is(cls, dsn: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (dsn is None) != bool(info.data.get("cell")):
            raise ValueError("must be set, but in a cell" if dsn is None else "a cell has no Postgres: leave it out")
        return dsn


def environment_file(environment: Mapping[str, str]) -> Path | None:
    """The file that the settings are read from: none where the environment has any of them."""
    return state_file(ENVIRONMENT_FILE, OperateSettings, environment)
