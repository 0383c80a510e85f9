"""Settings of report, read from FACETALLY_REPORT_*."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from services.common.settings import Host, NatsSettings, Port, ServiceSettings, settings_config


class OidcSettings(BaseModel):
    """An OpenID Connect provider that people may sign in through; none where no issuer is set."""

    model_config = ConfigDict(frozen=True)

    issuer: str | None = Field(
        default=None, description="Address of an OpenID Connect provider, to sign in there as well; none when empty"
    )
    client_id: str = Field(default="", description="What the provider knows the reports by")
    client_secret: SecretStr = Field(default=SecretStr(""), description="Its secret")
    label: str = Field(default="Continue with company sign-on", description="What the button on the login page says")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.issuer and not (self.client_id and self.client_secret.get_secret_value()):
            raise ValueError("an issuer needs a client_id and a client_secret")
        return self


class SmtpSettings(BaseModel):
    """A mail server that scheduled reports are sent by; none where no host is set."""

    model_config = ConfigDict(frozen=True)

    host: str | None = Field(default=None, description="Mail server of scheduled reports; none are sent when empty")
    port: Port = Field(default=587, description="Its port")
    user: str | None = Field(default=None, description="Whom to log in as there; nobody when empty")
    password: SecretStr = Field(default=SecretStr(""), description="Their password")
    starttls: bool = Field(default=True, description="Encrypt with STARTTLS; False is for a server on this machine")
    sender: str = Field(
        default="", alias="from", description="Whom mails are from, such as Reports <reports@example.com>"
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.host and "@" not in self.sender:
            raise ValueError("a mail server needs an address that mails are from")
        return self


class AccountSettings(BaseSettings):
    """What the command `facetally people` needs."""

    model_config = settings_config("report")

    account_dsn: SecretStr = Field(description="postgresql://user:password@host:port/database, the role `account`")


class ReportSettings(ServiceSettings):
    """Where the numbers come from, and where the pages are served."""

    model_config = settings_config("report")

    nats: NatsSettings = Field(description="Connection to NATS, for the page Camera check only")
    postgres_dsn: SecretStr = Field(description="postgresql://user:password@host:port/database, the role `report`")
    account_dsn: SecretStr = Field(
        description="The same database as the role `account`: people, sessions, the audit log, schedules"
    )
    http_host: Host = Field(
        default="127.0.0.1",
        description="Address of the pages. They speak HTTP: keep it on loopback, behind what speaks HTTPS",
    )
    http_port: Port = Field(default=8080, description="Port of the pages")
    allowed_hosts: list[str] = Field(
        default=["127.0.0.1", "localhost"], description="Names under which the pages may be asked for, as JSON"
    )
    trusted_proxies: list[str] = Field(
        default=[],
        description="Addresses whose X-Forwarded-For and -Proto are believed, as JSON; attempts to sign in are limited by address",
    )
    public_url: str | None = Field(
        default=None,
        description="Where people reach the pages, such as https://stats.example.com; OpenID Connect needs it",
    )
    cookie_key: SecretStr = Field(
        min_length=32, description="Signs the login form; any 32 letters or more, the same for every replica"
    )
    secure_cookies: bool = Field(
        default=True,
        description="Browsers send sessions over HTTPS only. False is for pages on this machine's loopback",
    )
    oidc: OidcSettings = OidcSettings()
    smtp: SmtpSettings = SmtpSettings()
    audit_kept_days: int = Field(
        default=365, ge=30, description="Days after which entries of the audit log are deleted"
    )
    camera_ftp_host: str | None = Field(
        default=None, description="Address that cameras upload to, as the page Camera check shows it"
    )
    camera_ftp_port: Port = Field(default=2121, description="Its port, as shown")
    camera_ftps_port: Port | None = Field(
        default=None, description="Its port of implicit TLS, as shown; none when empty"
    )
    camera_require_tls: bool = Field(default=False, description="Show that cameras must use TLS")
    min_cell: int = Field(
        default=10,
        ge=0,
        description="Counts of fewer visitors are hidden, and with them what would give them away; 0: nothing is hidden",
    )
    estate_dsn: SecretStr | None = Field(
        default=None,
        description="The same database as the role `estate`: admins may then change shops and cameras on pages. Needs "
        "ESTATE_NATS too; without both the pages are off",
    )
    estate_nats: NatsSettings | None = Field(
        default=None, description="Connection to NATS as the user `estate`, by which cells learn of such changes"
    )
    privacy_photos_kept_days: int | None = Field(
        default=None, ge=0, description="For how long photos are kept, as the page Privacy says it; 0: for ever"
    )
    privacy_results_kept_days: int | None = Field(
        default=None, ge=0, description="For how long results of photos and faces are kept, as that page says it"
    )
    privacy_tallies_kept_days: int | None = Field(
        default=None, ge=0, description="For how long tallies are kept, as that page says it"
    )
    max_connections: int = Field(default=8, ge=1, description="Connections to Postgres")

    @model_validator(mode="after")
    def _estate_is_complete(self) -> Self:
        if (self.estate_dsn is None) != (self.estate_nats is None):
            raise ValueError("ESTATE_DSN and ESTATE_NATS go together")
        return self

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, url: str | None) -> str | None:
        return url.rstrip("/") if url else None

    @model_validator(mode="after")
    def _oidc_knows_the_way_back(self) -> Self:
        if self.oidc.issuer and not self.public_url:
            raise ValueError("OpenID Connect needs public_url, where the provider sends people back to")
        return self
