"""What is deployed beside a cluster: the load test, as it is rendered."""

import json
from typing import Any

from tests.k8s.manifests import K8S, Cluster, cluster, rendered


def plan() -> dict[str, Any]:
    """The plan that the pods read."""
    (text,) = [one["data"]["plan.json"] for one in rendered(K8S / "loadtest") if one["kind"] == "ConfigMap"]
    read: dict[str, Any] = json.loads(text)
    return read


def loaded(name: str) -> Cluster:
    """A cluster with the load test in it."""
    found = cluster(name)
    return Cluster(name, found.kind, (*found.manifests, *rendered(K8S / "loadtest")))
