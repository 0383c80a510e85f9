"""Whoever is told of an address may reach it, and whoever is there lets him in: each arrow of the flow has both its ends."""

import re
from typing import Any, NamedTuple

import pytest
import yaml

from tests.k8s.manifests import COMBINATIONS, K8S, OVERLAYS, Cluster, cluster, containers

EVERYWHERE = pytest.mark.parametrize("name", [*OVERLAYS, *COMBINATIONS])
# Where there are network policies.
GUARDED = [name for name in (*OVERLAYS, *COMBINATIONS) if name != "dev"]
# Its own name, and not one that it asks.
_OWN = {"FACETALLY_REPORT_PUBLIC_URL"}
_SCHEMES = {"http": 80, "https": 443, "nats": 4222, "postgresql": 5432, "tls": 7422}
_URL = re.compile(rf"({'|'.join(_SCHEMES)})://(?:[^@/\s\"]*@)?([a-z0-9.{{}}-]+)(?::(\d+))?")
_PLAIN = re.compile(r"([a-z][a-z0-9.-]*):(\d+)")
_POSTGRES = 5432
# Somebody who is in no namespace and has no labels.
WORLD: dict[str, str] = {}
Port = set[int | str]


class Peer(NamedTuple):
    """Who answers at an address.

    Args:
        pods: labels of its pods; of nobody's where it is outside.
        port: by number, and by name where it has one.
    """

    pods: dict[str, str]
    port: Port


def addresses(value: str) -> list[tuple[str, int]]:
    """Hosts and ports that a value speaks of."""
    # MinIO's way to say four servers.
    value = value.replace("{0...3}", "0")
    found = [(host, int(port or _SCHEMES[scheme])) for scheme, host, port in _URL.findall(value)]
    plain = _PLAIN.fullmatch(value)
    return [*found, (plain[1], int(plain[2]))] if plain else found


def told(found: Cluster) -> list[tuple[dict[str, str], str, tuple[str, int]]]:
    """Every address that somebody is told of: his labels, the variable or argument, and the address."""
    every = []
    for workload in found.workloads():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        for container in containers(workload):
            said = {**found.environment(container), "args": " ".join(container.get("args", []))}
            every += [
                (labels, variable, address)
                for variable, value in said.items()
                if variable not in _OWN
                for address in addresses(value)
            ]
    return every


def peer(found: Cluster, host: str, port: int) -> Peer:
    """Who answers there.

    Raises:
        LookupError: nobody: it is no Service, and no name of the world's.
    """
    inner = host.removesuffix(".svc.cluster.local").removesuffix(".facetally").split(".")[-1]
    for service in found.of_kind("Service"):
        if service["metadata"]["name"] == inner:
            # A headless Service leads to the pods themselves, and their ports.
            targets = [one["targetPort"] for one in service["spec"]["ports"] if one["port"] == port]
            target = port if service["spec"].get("clusterIP") == "None" else targets[0]
            return _of_pods(found, service["spec"]["selector"], target)
    for database in found.of_kind("Cluster"):
        # CloudNativePG makes a Service for each that writes.
        if f"{database['metadata']['name']}-rw" == inner and port == _POSTGRES:
            return Peer({"cnpg.io/cluster": database["metadata"]["name"]}, {_POSTGRES})
    if host.endswith(".example"):
        return Peer(WORLD, {port})
    raise LookupError(f"nobody is {host}:{port}")


def _of_pods(found: Cluster, selector: dict[str, str], target: int | str) -> Peer:
    for workload in found.workloads():
        labels: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
        # The one replica of a Service for each of ingest's: the label is Kubernetes' own.
        wanted = {key: value for key, value in selector.items() if key != "statefulset.kubernetes.io/pod-name"}
        if wanted.items() <= labels.items() and (wanted or labels["app.kubernetes.io/name"] == "ingest"):
            ports = [port for container in containers(workload) for port in container.get("ports", [])]
            same = [one for one in ports if target in (one["name"], one["containerPort"])]
            assert same or str(target).startswith("30"), f"{labels} has no port {target}"
            return Peer(labels, {target, *(one["containerPort"] for one in same), *(one["name"] for one in same)})
    raise LookupError(f"no pod has {selector}")


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether Kubernetes' selector is of something with these labels."""
    for one in selector.get("matchExpressions", []):
        if one["operator"] == "Exists":
            if one["key"] not in labels:
                return False
        elif one["operator"] != "In" or labels.get(one["key"]) not in one["values"]:
            return False
    return bool(selector.get("matchLabels", {}).items() <= labels.items())


def allows(found: Cluster, own: dict[str, str], way: str, other: dict[str, str], port: Port) -> bool:
    """Whether policies let these pods talk to others of the namespace, or to the world: `way` is ingress or egress."""
    return any(
        (peer["ipBlock"]["cidr"] == "0.0.0.0/0" if "ipBlock" in peer else False)
        if other is WORLD
        else "namespaceSelector" not in peer and "podSelector" in peer and selects(peer["podSelector"], other)
        for peer in _peers(found, own, way, port)
    )


def admits(found: Cluster, own: dict[str, str], label: str, port: Port) -> bool:
    """Whether policies let a namespace of that label in."""
    return any(label in str(peer.get("namespaceSelector")) for peer in _peers(found, own, "ingress", port))


def _peers(found: Cluster, own: dict[str, str], way: str, port: Port) -> list[dict[str, Any]]:
    return [
        peer
        for policy in found.of_kind("NetworkPolicy")
        if selects(policy["spec"]["podSelector"], own)
        for rule in policy["spec"].get(way, [])
        if any(_is(one, port) for one in rule["ports"])
        for peer in rule["to" if way == "egress" else "from"]
    ]


def _is(ruled: dict[str, Any], port: Port) -> bool:
    if "endPort" in ruled:
        return any(isinstance(one, int) and ruled["port"] <= one <= ruled["endPort"] for one in port)
    return ruled["port"] in port


def check_arrows(found: Cluster) -> None:
    """Follow every address that somebody is told of."""
    arrows = told(found)
    assert len(arrows) > len(found.workloads())
    for labels, variable, (host, port) in arrows:
        there = peer(found, host, port)
        if found.of_kind("NetworkPolicy"):
            assert allows(found, labels, "egress", there.pods, there.port), (labels, variable, host)
            if there.pods is not WORLD:
                assert allows(found, there.pods, "ingress", labels, there.port), (there.pods, variable, labels)


@EVERYWHERE
def test_everybody_reaches_what_he_is_told_of(name: str) -> None:
    check_arrows(cluster(name))


@pytest.mark.parametrize("name", ["dev", "cell", "hq"])
def test_a_name_that_nobody_has_is_noticed(name: str) -> None:
    """The test of the test above."""
    found = cluster(name)
    services = tuple(one for one in found.manifests if (one["kind"], one["metadata"]["name"]) != ("Service", "nats"))
    with pytest.raises(LookupError, match="nobody is nats:4222"):
        check_arrows(Cluster(name, found.kind, services))


@pytest.mark.parametrize("missing", ["record", "postgres-cluster", "nats", "leaf-listener"])
def test_a_policy_that_is_missing_is_noticed(missing: str) -> None:
    """The test of the test above, and of the one below."""
    found = cluster("hq")
    fewer = tuple(
        one for one in found.manifests if (one["kind"], one["metadata"]["name"]) != ("NetworkPolicy", missing)
    )
    assert len(fewer) == len(found.manifests) - 1
    check = check_visitors if missing == "leaf-listener" else check_arrows
    with pytest.raises(AssertionError):
        check(Cluster("hq", found.kind, fewer))


def check_visitors(found: Cluster) -> None:
    """Whoever comes from outside the namespace is let in."""
    for scaler in found.of_kind("ScaledObject"):
        for trigger in scaler["spec"]["triggers"]:
            if endpoint := trigger["metadata"].get("natsServerMonitoringEndpoint"):
                host, port = endpoint.split(":")
                there = peer(found, host, int(port))
                assert admits(found, there.pods, "facetally/keda", there.port)
    for service in found.of_kind("Service"):
        for port in service["spec"]["ports"]:
            there = _of_pods(found, service["spec"]["selector"], port["targetPort"])
            if port["name"] == "health":
                assert admits(found, there.pods, "facetally/monitoring", there.port), service["metadata"]["name"]
            if service["spec"].get("type") == "LoadBalancer":
                assert allows(found, there.pods, "ingress", WORLD, there.port), (service["metadata"]["name"], port)
    for ingress in found.of_kind("Ingress"):
        backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        service = found.named("Service", backend["name"])
        (target,) = [one["targetPort"] for one in service["spec"]["ports"] if one["name"] == backend["port"]["name"]]
        there = _of_pods(found, service["spec"]["selector"], target)
        assert admits(found, there.pods, "facetally/ingress", there.port), ingress["metadata"]["name"]


@pytest.mark.parametrize("name", GUARDED)
def test_whoever_comes_from_outside_is_let_in(name: str) -> None:
    check_visitors(cluster(name))


@pytest.mark.parametrize("name", ["hq", "hq-restored"])
def test_postgres_replicates_backs_up_and_is_looked_after(name: str) -> None:
    found = cluster(name)
    (database,) = found.of_kind("Cluster")
    pods = {"cnpg.io/cluster": database["metadata"]["name"]}
    for way in ("ingress", "egress"):
        assert allows(found, pods, way, pods, {_POSTGRES})
    ((host, port),) = addresses(found.values()["BACKUP_URL"])
    assert allows(found, pods, "egress", WORLD, peer(found, host, port).port)
    assert admits(found, pods, "cnpg-system", {8000})


@pytest.mark.parametrize("name", ["cell", "hq-with-cameras"])
def test_the_load_reaches_ingest(name: str) -> None:
    """Its policy is a file of its own, beside whichever overlay is there."""
    found = cluster(name)
    own = yaml.safe_load((K8S / "loadtest/networkpolicy.yaml").read_text())
    both = Cluster(name, found.kind, (*found.manifests, own))
    loadtest = {"app.kubernetes.io/name": "loadtest", "app.kubernetes.io/component": "loadtest"}
    ingest = found.named("StatefulSet", "ingest")["spec"]["template"]["metadata"]["labels"]
    for port in ("ftp", 30_000, 30_247):
        assert allows(both, loadtest, "egress", ingest, {port})
        assert allows(both, ingest, "ingress", loadtest, {port})


@pytest.mark.parametrize("name", GUARDED)
def test_everybody_may_ask_for_names(name: str) -> None:
    found = cluster(name)
    for workload in found.workloads():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert any("kube-dns" in str(peer) for peer in _peers(found, labels, "egress", {53})), labels
