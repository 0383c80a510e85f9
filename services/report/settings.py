"""Settings of report, read from FACETALLY_REPORT_*."""

from pydantic import Field, SecretStr

from services.common.settings import Host, NatsSettings, Port, ServiceSettings, settings_config


class ReportSettings(ServiceSettings):
    """Where the numbers come from, and where the pages are served."""

    model_config = settings_config("report")

    nats: NatsSettings = Field(description="Connection to NATS, for the page Camera check only")
    postgres_dsn: SecretStr = Field(description="postgresql://user:password@host:port/database, the role `report`")
    http_host: Host = Field(
        default="127.0.0.1", description="Address of the pages. There are no users yet: keep it on loopback"
    )
    http_port: Port = Field(default=8080, description="Port of the pages")
    allowed_hosts: list[str] = Field(
        default=["127.0.0.1", "localhost"], description="Names under which the pages may be asked for, as JSON"
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
        default=10, ge=1, description="Counts of fewer visitors are hidden, and with them what would give them away"
    )
    max_connections: int = Field(default=8, ge=1, description="Connections to Postgres")
