"""Write the files below k8s that say what the code or another file says already: python -m scripts.k8s_files."""

import json
from pathlib import Path
from typing import Any, Final

import yaml

from services.provision.domain.store_rights import S3_ACTIONS

ROOT: Final = Path(__file__).parents[1]
K8S: Final = ROOT / "k8s"
# Each replica has an address of its own: more than three are rarely worth it. A load balancer may take 50 ports, and two are FTP.
INGEST_REPLICAS: Final = 3
PASSIVE_PORTS: Final = 48
_MADE: Final = "# Made by `make k8s-files` from {source}.\n"
_OF_A_BUCKET: Final = {"List": ["s3:ListBucket", "s3:GetBucketLocation"]}
_OF_OBJECTS: Final = {"Read": ["s3:GetObject"], "Write": ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]}


def k8s_files() -> dict[Path, str]:
    """What each of these files must hold."""
    components = K8S / "components"
    return {
        components / "minio/users/policies.json": policies(),
        components / "monitoring/rules.yaml": rules(),
        components / "ftp-loadbalancer/services.yaml": ftp_services(),
    }


def policies() -> str:
    """An S3 policy for each user but the administrator, a line each: JSON."""
    lines = [f'  "{user}": {json.dumps(_policy(user))}' for user in S3_ACTIONS if user != "admin"]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _policy(user: str) -> dict[str, Any]:
    statements = []
    for action in S3_ACTIONS[user]:
        verb, bucket = action.split(":")
        resource = f"arn:aws:s3:::{bucket}" if verb in _OF_A_BUCKET else f"arn:aws:s3:::{bucket}/*"
        actions = _OF_A_BUCKET.get(verb) or _OF_OBJECTS[verb]
        statements.append({"Effect": "Allow", "Action": actions, "Resource": [resource]})
    return {"Version": "2012-10-17", "Statement": statements}


def rules() -> str:
    """The rules of ops/prometheus, as the Prometheus operator takes them: YAML."""
    groups = [
        group
        for name in ("slo.yaml", "alerts.yaml")
        for group in yaml.safe_load((ROOT / "ops/prometheus" / name).read_text())["groups"]
    ]
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "facetally"},
        "spec": {"groups": groups},
    }
    return _MADE.format(source="ops/prometheus") + yaml.safe_dump(rule, sort_keys=False, width=1000)


def ftp_services() -> str:
    """A Service for each replica of ingest, with its passive ports: YAML."""
    services = [_ftp_service(ordinal) for ordinal in range(INGEST_REPLICAS)]
    return _MADE.format(source="scripts/k8s_files.py") + yaml.safe_dump_all(services, sort_keys=False, width=1000)


def _ftp_service(ordinal: int) -> dict[str, Any]:
    first = 30_000 + 100 * ordinal
    ports = [("ftp", 21, "ftp"), ("ftps", 990, "ftps")]
    ports += [(f"passive-{port}", port, str(port)) for port in range(first, first + PASSIVE_PORTS)]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"ingest-{ordinal}"},
        "spec": {
            "type": "LoadBalancer",
            "loadBalancerIP": "set-by-values",
            "externalTrafficPolicy": "Local",
            "selector": {"statefulset.kubernetes.io/pod-name": f"ingest-{ordinal}"},
            "ports": [
                {"name": name, "port": port, "targetPort": int(target) if target.isdigit() else target}
                for name, port, target in ports
            ],
        },
    }


def main() -> None:
    """Write them all."""
    for path, text in k8s_files().items():
        path.write_text(text)
        print(path.relative_to(ROOT))  # noqa: T201 - a command for people


if __name__ == "__main__":
    main()
