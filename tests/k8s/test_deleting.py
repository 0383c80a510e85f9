"""Whoever deletes what was deployed deletes no data: Ctrl-C in `skaffold dev`, `skaffold delete`, `kubectl delete -k`."""

from pathlib import Path

import pytest
import yaml

from tests.k8s.manifests import COMBINATIONS, K8S, OVERLAYS, ROOT, cluster, rendered

EVERYWHERE = pytest.mark.parametrize("name", [*OVERLAYS, *COMBINATIONS])
# What is in a namespace goes with it. The Cluster of CloudNativePG takes its disks along as well, and must be deployed all the same.
HOLDS_DATA = {"Namespace", "PersistentVolume", "PersistentVolumeClaim", "Secret"}


def deployed() -> list[Path]:
    """Every folder that Skaffold deploys, and so deletes."""
    configs = [
        config for path in (ROOT, K8S / "loadtest") for config in yaml.safe_load_all((path / "skaffold.yaml").read_text())
    ]  # fmt: skip
    parts = [part for config in configs for part in (config, *config.get("profiles", []))]
    return [ROOT / path for part in parts if "deploy" in part for path in part["deploy"]["kustomize"]["paths"]]


def test_skaffold_deploys_nothing_that_holds_data() -> None:
    folders = deployed()
    assert {K8S / "overlays" / name for name in OVERLAYS} <= set(folders)
    for folder in folders:
        assert {one["kind"] for one in rendered(folder)} & HOLDS_DATA == set(), folder


@EVERYWHERE
def test_a_cluster_that_is_deleted_leaves_its_volumes(name: str) -> None:
    found = cluster(name)
    assert found.of_kind(*HOLDS_DATA) == []
    with_volumes = [one["spec"] for one in found.of_kind("StatefulSet") if one["spec"].get("volumeClaimTemplates")]
    assert with_volumes
    for spec in with_volumes:
        # Kubernetes' default, where nobody says so.
        policy = spec.get("persistentVolumeClaimRetentionPolicy", {})
        assert policy.get("whenDeleted", "Retain") == "Retain"


@pytest.mark.parametrize("part", ["", "only-images"])
def test_the_load_test_is_deleted_alone(part: str) -> None:
    own = {(one["kind"], one["metadata"]["name"]) for one in rendered(K8S / "loadtest" / part)}
    assert own
    assert {kind for kind, _ in own} & (HOLDS_DATA | {"Cluster", "StatefulSet"}) == set()
    for name in (*OVERLAYS, *COMBINATIONS):
        assert own & {(one["kind"], one["metadata"]["name"]) for one in cluster(name).manifests} == set()


def test_the_namespace_comes_first_and_by_itself() -> None:
    (namespace,) = rendered(K8S / "base/namespace")
    assert namespace["metadata"]["name"] == "facetally"
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    (app,) = yaml.safe_load_all((ROOT / "skaffold.yaml").read_text())
    (hook,) = app["deploy"]["kustomize"]["hooks"]["before"]
    first = next(part for part in hook["host"]["command"][-1].split("; ") if part.startswith("k apply"))
    assert first.startswith("k apply -f k8s/base/namespace/namespace.yaml && ")
