"""Settings of faceapi, read from FACETALLY_FACEAPI_*."""

from ipaddress import IPv4Network, IPv6Network
from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings

from services.common.settings import Host, NatsSettings, Port, ServiceSettings, settings_config

KEYS_FILE: Final = "keys.env"


class KeysSettings(BaseSettings):
    """What `facetally keys` needs. Where none of these is set, they are read from keys.env in the state folder of one machine."""

    model_config = settings_config("faceapi")

    keys_nats: NatsSettings = Field(description="Connection to NATS, as the user `keys`")
    keys_url: str = Field(
        default="http://127.0.0.1:8081",
        description="Where callers reach the face API, as `facetally keys add` tells them",
    )


class FaceApiSettings(ServiceSettings):
    """Where it listens, how much it takes on, and which addresses it fetches photos from."""

    model_config = settings_config("faceapi")

    nats: NatsSettings = Field(description="Connection to NATS, as the user `faceapi`")
    http_host: Host = Field(
        default="127.0.0.1",
        description="Address of the API. It speaks HTTP: keep it on loopback, behind what speaks HTTPS",
    )
    http_port: Port = Field(default=8081, description="Port of the API")
    max_requests: int = Field(
        default=32,
        ge=1,
        description="Requests that may be in the house at once; one more is answered 503 at once, and one key has half of them at most. Each may hold 6 MB, and of "
        "/v1/analyze 32 MB",
    )
    cors_allowed_origins: list[str] = Field(
        default=[],
        description='Sites whose pages may ask from a browser, as JSON: ["https://app.example.com"]. A key in a page is '
        "everybody's: give it a low rate",
    )
    answer_within_s: float = Field(
        default=10.0, gt=0, description="How long detect and classify may each take to answer; then it is 503"
    )
    url_allowed_networks: list[IPv4Network | IPv6Network] = Field(
        default=[],
        description='Networks whose photos may be fetched though they are not public, as JSON: ["10.1.0.0/16"]. Every other '
        "address that is not public is refused",
    )
    url_within_s: float = Field(default=5.0, gt=0, description="How long fetching a photo may take")
