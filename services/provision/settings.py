"""Settings of provision, read from FACETALLY_PROVISION_*."""

from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from services.common.settings import NatsSettings, S3Settings, settings_config
from services.provision.domain.schema import DATABASE_ROLES
from services.provision.domain.site import Site

# A word of a NATS subject, and a part of a variable's name.
Domain = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]


class SiteSettings(BaseSettings):
    """What this NATS is to others: nothing that is secret."""

    model_config = settings_config("provision")

    domain: Domain | None = Field(
        default=None, description="JetStream domain of this NATS, as its nats.conf has it; none where there is only one"
    )
    cells: list[Domain] = Field(
        default=[],
        description='At headquarters, the domains of the cells whose results come here, as JSON: ["europe", "asia"]',
    )
    headquarters: Domain | None = Field(
        default=None, description="In a cell, headquarters' domain, whose registry is mirrored here; none elsewhere"
    )

    @field_validator("cells")
    @classmethod
    def _need_a_domain_of_their_own(cls, cells: list[str], info: ValidationInfo) -> list[str]:
        if cells and not info.data.get("domain"):
            raise ValueError("a headquarters with cells has a DOMAIN")
        if len({*cells, info.data.get("domain")}) <= len(cells):
            raise ValueError("each cell has a domain of its own, which is not headquarters'")
        return cells

    @field_validator("headquarters")
    @classmethod
    def _is_another_domain(cls, headquarters: str | None, info: ValidationInfo) -> str | None:
        if headquarters:
            if info.data.get("domain") in {None, headquarters}:
                raise ValueError("a cell has a DOMAIN, which is not headquarters'")
            if info.data.get("cells"):
                raise ValueError("a cell has no CELLS: set one or the other")
        return headquarters

    @property
    def site(self) -> Site:
        """The same as a rule knows it."""
        return Site(self.domain or "", tuple(self.cells), self.headquarters or "")


def _database_secret(description: str) -> SecretStr | None:
    secret: SecretStr | None = Field(
        default=None, validate_default=True, description=f"{description}; must be set, but in a cell"
    )
    return secret


class ProvisionSettings(SiteSettings):
    """The administrators' credentials, and the passwords that the services' database roles get. A cell has no Postgres: there, none of these passwords is set."""

    nats: NatsSettings = Field(description="Connection to NATS, as its administrator")
    replicas: int = Field(default=1, description="Copies of each stream: 1, or 3 on a cluster of three servers or more")
    s3: S3Settings = Field(description="Connection to the photo store, as its administrator")
    models_bucket: str = Field(default="models", description="Bucket that holds releases of models, beside the photos'")
    datasets_bucket: str = Field(
        default="datasets", description="Bucket that holds data sets of labelled faces; a cell has none"
    )
    postgres_dsn: SecretStr | None = _database_secret(
        "postgresql://owner:password@host:port/database, the schema's owner"
    )
    record_password: SecretStr | None = _database_secret("Password of the database role `record`")
    report_password: SecretStr | None = _database_secret("Password of the database role `report`")
    account_password: SecretStr | None = _database_secret("Password of the database role `account`")
    bi_password: SecretStr | None = _database_secret("Password of the database role `bi`")
    estate_password: SecretStr | None = _database_secret("Password of the database role `estate`")
    operator_password: SecretStr | None = _database_secret("Password of the database role `operator`")
    backfill_password: SecretStr | None = _database_secret("Password of the database role `backfill`")
    labels_password: SecretStr | None = _database_secret("Password of the database role `labels`")
    photos_kept_days: int = Field(
        default=30,
        ge=0,
        description="After how many days the photo store removes photos, by a lifecycle rule of the bucket; 0: never",
    )
    wait_s: float = Field(default=60.0, ge=0, description="How long to wait for servers that are not up yet")

    @field_validator("replicas")
    @classmethod
    def _is_one_or_three(cls, replicas: int) -> int:
        if replicas not in {1, 3}:
            raise ValueError("it is 1 or 3")
        return replicas

    @field_validator("postgres_dsn", *(f"{role}_password" for role in DATABASE_ROLES))
    @classmethod
    def _is_there_where_postgres_is(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if info.data.get("headquarters"):
            if secret is not None:
                raise ValueError("a cell has no Postgres: leave it out, or leave out HEADQUARTERS")
        elif secret is None:
            raise ValueError("must be set, but in a cell")
        return secret
