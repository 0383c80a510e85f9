"""Servers of others get the memory that is reckoned with, start when the others let them, and keep what they are given."""

import re
from typing import Any

import pytest

from services.plan.domain.figures import FIGURES
from tests.k8s.manifests import COMBINATIONS, OVERLAYS, Cluster, cluster

EVERYWHERE = [*OVERLAYS, *COMBINATIONS]
WITH_MINIO = [name for name, kind in OVERLAYS.items() if kind.value != "dev"]
_MIB = {"Mi": 1, "MiB": 1, "Gi": 1_024}


def mib(size: str) -> int:
    """A size as Kubernetes or Go writes it."""
    found = re.fullmatch(r"(\d+)(\w+)", size)
    assert found
    return int(found[1]) * _MIB[found[2]]


def server(found: Cluster, name: str) -> dict[str, Any]:
    """The one container of a StatefulSet that is no init container."""
    (container,) = found.named("StatefulSet", name)["spec"]["template"]["spec"]["containers"]
    assert isinstance(container, dict)
    return container


@pytest.mark.parametrize("name", WITH_MINIO)
@pytest.mark.parametrize("program", ["nats", "minio"])
def test_no_less_memory_is_reserved_than_is_planned_with(name: str, program: str) -> None:
    resources = server(cluster(name), program)["resources"]
    assert mib(resources["requests"]["memory"]) >= FIGURES.server_gib * 1_024
    # What is reserved is all that there is: no other pod's need ends the program.
    assert resources["requests"]["memory"] == resources["limits"]["memory"]


@pytest.mark.parametrize("name", EVERYWHERE)
def test_nats_frees_memory_before_its_limit_ends_it(name: str) -> None:
    container = server(cluster(name), "nats")
    (limit,) = [mib(one["value"]) for one in container["env"] if one["name"] == "GOMEMLIMIT"]
    assert 0.5 < limit / mib(container["resources"]["limits"]["memory"]) < 0.9


@pytest.mark.parametrize("name", WITH_MINIO)
def test_minio_starts_when_it_can_write_and_is_replaced_by_nobody(name: str) -> None:
    """A server of a new image waits for another one of it: one by one they would wait for ever."""
    found = cluster(name)
    spec = found.named("StatefulSet", "minio")["spec"]
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": spec["replicas"]}}
    container = server(found, "minio")
    assert container["startupProbe"]["httpGet"]["path"] == "/minio/health/cluster"
    # Once it runs, it is not taken out of the Service because others are away.
    for probe in ("readinessProbe", "livenessProbe"):
        assert "cluster" not in container[probe]["httpGet"]["path"]
    # All at once, by names that are there before anybody is ready: or none would be the first.
    assert spec["podManagementPolicy"] == "Parallel"
    servers = found.named("Service", spec["serviceName"])["spec"]
    assert servers["publishNotReadyAddresses"] is True
    assert f".{spec['serviceName']}:9000" in container["args"][-1]


@pytest.mark.parametrize("name", ["hq", "hq-gpu", "hq-restored"])
def test_a_minute_of_postgres_is_all_that_is_not_archived(name: str) -> None:
    (database,) = cluster(name).of_kind("Cluster")
    assert database["spec"]["postgresql"]["parameters"]["archive_timeout"] == "60s"
    assert any(plugin.get("isWALArchiver") for plugin in database["spec"]["plugins"])


@pytest.mark.parametrize("name", ["hq", "hq-restored"])
def test_every_postgres_begins_with_a_backup_of_its_own(name: str) -> None:
    """Of which Cluster a ScheduledBackup is cannot be changed: a Cluster of another name needs one of another name."""
    (database,) = cluster(name).of_kind("Cluster")
    (backup,) = cluster(name).of_kind("ScheduledBackup")
    assert backup["spec"]["cluster"]["name"] == database["metadata"]["name"]
    assert backup["metadata"]["name"] == f"{database['metadata']['name']}-nightly"
    assert backup["spec"]["immediate"] is True


def test_volumes_are_as_large_as_values_say() -> None:
    found = cluster("hq")
    values = found.values()
    (database,) = found.of_kind("Cluster")
    assert database["spec"]["storage"]["size"] == values["POSTGRES_VOLUME"]
    assert database["spec"]["walStorage"]["size"] == values["POSTGRES_LOG_VOLUME"]


def test_volumes_are_of_the_classes_that_values_say() -> None:
    found = cluster("hq-with-cameras")
    values = found.values()
    (database,) = found.of_kind("Cluster")
    for storage in ("storage", "walStorage"):
        assert database["spec"][storage]["storageClass"] == values["DATABASE_CLASS"]
    for name, key in (("nats", "DATABASE_CLASS"), ("minio", "STORE_CLASS")):
        (claim,) = found.named("StatefulSet", name)["spec"]["volumeClaimTemplates"]
        assert claim["spec"]["storageClassName"] == values[key]


@pytest.mark.parametrize("name", ["cell-rollout", "hq-restored"])
def test_every_pod_may_ask_a_private_registry(name: str) -> None:
    found = cluster(name)
    accounts = {one["metadata"]["name"]: one for one in found.of_kind("ServiceAccount")}
    asked = {one["spec"]["template"]["spec"]["serviceAccountName"] for one in found.workloads()}
    secrets = [accounts[account]["imagePullSecrets"] for account in asked]
    secrets += [one["spec"]["imagePullSecrets"] for one in found.of_kind("Cluster")]
    assert len(secrets) >= len(asked) > 5
    assert all(found.secrets()[one["name"]] for every in secrets for one in every)
