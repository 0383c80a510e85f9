"""Rendered manifests, and what a container's environment is once Kubernetes has put it together."""

import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scripts.k8s_secrets import Kind, new_secrets

ROOT = Path(__file__).parents[2]
K8S = ROOT / "k8s"
OVERLAYS = {
    "dev": Kind.DEV,
    "cell": Kind.CELL,
    "cell-gpu": Kind.CELL,
    "hq": Kind.HQ,
    "hq-gpu": Kind.HQ,
}
COMBINATIONS = {
    "small-cell": Kind.CELL,
    "cell-external-s3": Kind.CELL,
    "hq-gpu-rollout": Kind.HQ,
    "hq-with-cameras": Kind.HQ,
    "small-hq": Kind.HQ,
    "cell-rollout": Kind.CELL,
    "hq-restored": Kind.HQ,
}
# Secrets that a person is given by others, or that an operator makes.
GIVEN = {
    "nats-headquarters": {"PASSWORD": "k-given"},
    "models": {"ACCESS_KEY": "classify", "SECRET_KEY": "k-given"},
    "postgres-backups": {"ACCESS_KEY": "backups", "SECRET_KEY": "k-given"},
    "registry": {".dockerconfigjson": "{}"},
    "report": {"SMTP_PASSWORD": "k-given", "OIDC_CLIENT_SECRET": "k-given"},
}


class Loader(yaml.CSafeLoader):
    """YAML as Kubernetes reads it, to which a time is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as its parent has it
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


_REFERENCE = re.compile(r"\$\((\w+)\)")


@dataclass(frozen=True, slots=True)
class Cluster:
    """What one kustomization deploys.

    Args:
        name: of its folder.
        kind: whose Secrets it needs.
        manifests: all of them.
    """

    name: str
    kind: Kind
    manifests: tuple[dict[str, Any], ...]

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        """Manifests of these kinds."""
        return [found for found in self.manifests if found["kind"] in kinds]

    def named(self, kind: str, name: str) -> dict[str, Any]:
        """The one manifest of that kind and name; a generated one may have a suffix."""
        (found,) = [m for m in self.of_kind(kind) if re.sub(r"-[a-z0-9]{10}$", "", m["metadata"]["name"]) == name]
        return found

    def workloads(self) -> list[dict[str, Any]]:
        """Whatever has pods."""
        return self.of_kind("Deployment", "StatefulSet", "Job")

    def values(self) -> dict[str, str]:
        """What a person has set."""
        values: dict[str, str] = self.named("ConfigMap", "values")["data"]
        return values

    def secrets(self) -> dict[str, dict[str, str]]:
        """Every Secret that there is, given ones included."""
        values = self.values()
        cells = [values["DOMAIN"]] if self.kind is Kind.CELL else yaml.safe_load(values.get("CELLS", "[]"))
        found = {name: dict(content) for name, content in new_secrets(self.kind, cells).items()}
        for name, content in GIVEN.items():
            found[name] = content | found.get(name, {})
        return found

    def environment(self, container: dict[str, Any], ordinal: int = 0) -> dict[str, str]:
        """A container's environment; what is missing and not optional is a KeyError."""
        maps = {found["metadata"]["name"]: found["data"] for found in self.of_kind("ConfigMap")}
        secrets = self.secrets()
        found: dict[str, str] = {}
        for source in container.get("envFrom", []):
            if "configMapRef" in source:
                found |= maps[source["configMapRef"]["name"]]
            else:
                found |= secrets[source["secretRef"]["name"]]
        for variable in container.get("env", []):
            name, source = variable["name"], variable.get("valueFrom", {})
            if "fieldRef" in source:
                found[name] = str(ordinal)
            elif reference := source.get("configMapKeyRef"):
                if not reference.get("optional") or reference["key"] in maps.get(reference["name"], {}):
                    found[name] = maps[reference["name"]][reference["key"]]
            elif reference := source.get("secretKeyRef"):
                found[name] = secrets[reference["name"]][reference["key"]]
            else:
                found[name] = _REFERENCE.sub(lambda match: found[match[1]], variable["value"])
        return found


def containers(workload: dict[str, Any]) -> list[dict[str, Any]]:
    """All of a workload's containers, those that come first included."""
    spec = workload["spec"]["template"]["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def program(name: str) -> Path:
    """A program that a package of ours carries."""
    return Path(sys.executable).with_name(name)


@cache
def rendered(folder: Path) -> tuple[dict[str, Any], ...]:
    """All manifests of a kustomization."""
    done = subprocess.run(
        [program("kubectl"), "kustomize", folder], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return tuple(yaml.load_all(done.stdout, Loader))


def cluster(name: str) -> Cluster:
    """Render an overlay or a combination of components."""
    folder = K8S / ("overlays" if name in OVERLAYS else "tests") / name
    return Cluster(name, (OVERLAYS | COMBINATIONS)[name], rendered(folder))
