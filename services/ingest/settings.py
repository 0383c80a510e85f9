"""Settings of ingest, read from FACETALLY_INGEST_*."""

from pathlib import Path

from pydantic import Field

from services.common.settings import Host, NatsSettings, Port, S3Settings, ServiceSettings, settings_config

MIB = 1 << 20


class IngestSettings(ServiceSettings):
    """How cameras reach us, and what we take from them."""

    model_config = settings_config("ingest")

    nats: NatsSettings = Field(description="Connection to NATS")
    s3: S3Settings = Field(description="Connection to the photo store; needs to write only")
    ftp_host: Host = Field(default="127.0.0.1", description="Address that FTP listens on; 0.0.0.0 for cameras")
    ftp_port: Port = Field(default=2121, description="Port of FTP and explicit FTPS (AUTH TLS)")
    passive_port_first: Port = Field(default=30000, description="First port of passive data connections")
    passive_port_last: Port = Field(default=30099, description="Last port of passive data connections")
    masquerade_address: Host | None = Field(
        default=None, description="Address that passive replies name, where cameras come through a gateway"
    )
    tls_certificate: Path = Field(description="PEM file with the certificate chain and the private key of FTPS")
    require_tls: bool = Field(default=False, description="Refuse logins and data that are not encrypted")
    max_photo_bytes: int = Field(default=50 * MIB, ge=1, description="Largest upload; above it the camera gets 552")
    max_photo_pixels: int = Field(default=100_000_000, ge=1, description="Largest photo, width times height")
    max_connections: int = Field(default=512, ge=1, description="Control connections at once")
    max_uploads: int = Field(default=64, ge=1, description="Uploads held in memory at once; more get 450")
