"""A service of ours as the real process that it is."""

import sys
from collections.abc import Mapping

from services.common.settings import NatsSettings, S3Settings
from services.standalone.adapters.probes import answers_http
from services.standalone.domain import Program, service_environment
from tests.servers.running import environment, free_ports


def connection(settings: NatsSettings | S3Settings) -> dict[str, str]:
    """Connection settings with their secrets in clear."""
    if isinstance(settings, NatsSettings):
        return {"url": settings.url, "user": settings.user, "password": settings.password.get_secret_value()}
    return {
        "url": settings.url,
        "access_key": settings.access_key,
        "secret_key": settings.secret_key.get_secret_value(),
    }


def service(name: str, values: Mapping[str, object]) -> Program:
    """Describe `python -m services.<name>` with these settings."""
    (port,) = free_ports(1)
    return Program(
        name,
        (sys.executable, "-m", f"services.{name}"),
        answers_http(f"http://127.0.0.1:{port}/readyz"),
        environment() | service_environment(name, {**values, "health_port": port}),
    )
