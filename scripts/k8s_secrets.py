"""Print the Secrets that an overlay needs, with new random values: python -m scripts.k8s_secrets hq --cell europe | kubectl create -f -.

`kubectl create` refuses what is there already: nothing is ever overwritten.
"""

import base64
import json
import secrets
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from services.provision.adapters.nats_config import password_variable
from services.provision.domain.nats_rights import nats_permissions
from services.provision.domain.schema import DATABASE_ROLES
from services.provision.domain.site import Site
from services.provision.domain.store_rights import S3_ACTIONS
from services.standalone.adapters.state_folder import StateFolder

NAMESPACE: Final = "facetally"
_JWT_KEYS: Final = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
# Where the headquarters of the overlays is, in JetStream.
_HEADQUARTERS: Final = "hq"

app = typer.Typer(add_completion=False)


class Kind(StrEnum):
    """What a cluster is."""

    DEV = "dev"
    CELL = "cell"
    HQ = "hq"


def site_of(kind: Kind, cells: list[str]) -> Site:
    """What a cluster's NATS is to others; a cell has one name."""
    if kind is Kind.CELL:
        return Site(cells[0], (), _HEADQUARTERS)
    return Site(_HEADQUARTERS, tuple(cells), "")


def new_secrets(kind: Kind, cells: list[str]) -> dict[str, dict[str, str]]:
    """Every Secret by its name, with values by key.

    Args:
        kind: of the cluster.
        cells: at headquarters those that connect to it; in a cell its own domain.
    """
    users = (*nats_permissions(site_of(kind, cells)), "route")
    keys = {user: _new() for user in S3_ACTIONS}
    found = {
        "nats-users": {password_variable(user): _new() for user in users},
        "s3-keys": {f"S3_{user.upper()}_ACCESS_KEY": user for user in S3_ACTIONS}
        | {f"S3_{user.upper()}_SECRET_KEY": key for user, key in keys.items()},
        "seaweedfs": {"s3.json": _identities(keys), "security.toml": _security()},
    }
    if kind is not Kind.CELL:
        found["postgres-owner"] = {"username": "owner", "password": _new()}
        found["postgres-roles"] = {f"POSTGRES_{role.upper()}_PASSWORD": _new() for role in DATABASE_ROLES}
        found["report"] = {"COOKIE_KEY": _new() + _new()}
    if kind is Kind.DEV:
        with tempfile.TemporaryDirectory() as folder, StateFolder(Path(folder)) as state:
            found["ingest-tls"] = {"tls-combined.pem": state.certificate().read_text()}
    return found


def _new() -> str:
    """192 random bits that a URL and nats.conf take as they are: nats-server reads what begins with a digit as a number."""
    return "k" + secrets.token_hex(24)


def _identities(keys: dict[str, str]) -> str:
    identities = [
        {"name": user, "credentials": [{"accessKey": user, "secretKey": keys[user]}], "actions": list(actions)}
        for user, actions in S3_ACTIONS.items()
    ]
    return json.dumps({"identities": identities})


def _security() -> str:
    return "\n".join(f'[{section}]\nkey = "{secrets.token_hex(32)}"' for section in _JWT_KEYS) + "\n"


def manifest(name: str, values: dict[str, str]) -> dict[str, Any]:
    """A Secret as Kubernetes takes it."""
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    # CloudNativePG asks for this type.
    of_kind = "kubernetes.io/basic-auth" if name == "postgres-owner" else "Opaque"
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/part-of": "facetally"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": of_kind, "data": data}


@app.command()
def main(
    kind: Annotated[Kind, typer.Argument(help="What the cluster is")],
    cell: Annotated[
        list[str] | None, typer.Option(help="At headquarters each cell's domain; in a cell its own, once")
    ] = None,
) -> None:
    """Print Secrets with new random values, as JSON."""
    cells = cell or []
    if kind is Kind.CELL and len(cells) != 1:
        raise typer.BadParameter("a cell has one domain: --cell europe")
    items = [manifest(name, values) for name, values in new_secrets(kind, cells).items()]
    typer.echo(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


if __name__ == "__main__":
    app()
