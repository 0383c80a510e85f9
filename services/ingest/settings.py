"""Settings of ingest, read from FACETALLY_INGEST_*."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from services.common.settings import Host, NatsSettings, Port, S3Settings, ServiceSettings, settings_config

MIB = 1 << 20


class IngestSettings(ServiceSettings):
    """How cameras reach us, and what we take from them."""

    model_config = settings_config("ingest")

    nats: NatsSettings = Field(description="Connection to NATS")
    s3: S3Settings = Field(description="Connection to the photo store; needs to write only")
    ftp_host: Host = Field(default="127.0.0.1", description="Address that FTP listens on; 0.0.0.0 for cameras")
    ftp_port: Port = Field(default=2121, description="Port of FTP and explicit FTPS (AUTH TLS)")
    ftps_port: Port | None = Field(
        default=None,
        description="Port of implicit FTPS, 990 for cameras that have nothing better; none listens when empty",
    )
    passive_port_first: Port = Field(default=30000, description="First port of passive data connections")
    passive_port_last: Port = Field(default=30099, description="Last port of passive data connections")
    masquerade_address: Host | None = Field(
        default=None,
        description="Address that passive replies name, where cameras come through a gateway; each replica has its own",
    )
    active_mode: bool = Field(
        default=False, description="Open data connections to cameras (PORT, EPRT) on their demand"
    )
    tls_certificate: Path = Field(
        description="PEM file with the certificate chain and the private key of FTPS; read again when it changes"
    )
    require_tls: bool = Field(default=False, description="Refuse logins and data that are not encrypted")
    max_photo_bytes: int = Field(default=50 * MIB, ge=1, description="Largest upload; above it the camera gets 552")
    max_photo_pixels: int = Field(default=100_000_000, ge=1, description="Largest photo, width times height")
    max_connections: int = Field(default=4000, ge=1, description="Control connections at once")
    max_connections_per_address: int = Field(
        default=2000, ge=1, description="Control connections at once from one address; a shop's cameras may share one"
    )
    max_connections_per_login: int = Field(default=64, ge=1, description="Control connections at once of one login")
    max_uploads: int = Field(default=64, ge=1, description="Uploads at once; more get 450")
    max_uploads_per_login: int = Field(default=32, ge=1, description="Uploads at once of one login; more get 450")
    upload_memory_bytes: int = Field(
        default=512 * MIB, ge=1, description="Memory for uploads at once; one for which there is no room gets 452"
    )
    min_upload_bytes_per_s: int = Field(
        default=1024, ge=0, description="An upload that is slower than this over 30 s is ended"
    )
    idle_timeout_s: float = Field(
        default=120, gt=0, description="A camera that says nothing for so long is disconnected"
    )
    login_timeout_s: float = Field(default=30, gt=0, description="Time to log in")

    bundles: bool = Field(
        default=False,
        description="Where the machine is busy, take uploads in bundles: better where detect shares the machine, as on "
        "standalone, at the cost of some 0.4 s an upload (docs/adr/0015)",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.passive_port_last < self.passive_port_first:
            raise ValueError("passive_port_last is before passive_port_first")
        if self.upload_memory_bytes < self.max_photo_bytes:
            raise ValueError("upload_memory_bytes is too little for one upload of max_photo_bytes")
        return self
