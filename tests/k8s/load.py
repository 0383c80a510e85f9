"""What is deployed beside a cluster: the load test, as it is rendered."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.k8s.manifests import K8S, Cluster, Loader, cluster, program


@cache
def rendered(folder: Path) -> tuple[dict[str, Any], ...]:
    """All manifests of a kustomization."""
    done = subprocess.run(
        [program("kubectl"), "kustomize", folder], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return tuple(yaml.load_all(done.stdout, Loader))


def plan() -> dict[str, Any]:
    """The plan that the pods read."""
    (text,) = [one["data"]["plan.json"] for one in rendered(K8S / "loadtest") if one["kind"] == "ConfigMap"]
    read: dict[str, Any] = json.loads(text)
    return read


def loaded(name: str) -> Cluster:
    """A cluster with the load test in it."""
    found = cluster(name)
    return Cluster(name, found.kind, (*found.manifests, *rendered(K8S / "loadtest")))
