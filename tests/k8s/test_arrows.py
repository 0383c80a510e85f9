"""Whoever is told of an address may reach it, and whoever is there lets him in: each arrow of the flow has both its ends."""

import copy
import re
from ipaddress import IPv4Network
from typing import Any, NamedTuple

import pytest

from tests.k8s.load import loaded, plan
from tests.k8s.manifests import COMBINATIONS, OVERLAYS, Cluster, cluster, containers

EVERYWHERE = pytest.mark.parametrize("name", [*OVERLAYS, *COMBINATIONS])
# Where there are network policies.
GUARDED = [name for name in (*OVERLAYS, *COMBINATIONS) if name != "dev"]
# Its own name, and not one that it asks.
_OWN = {"FACETALLY_REPORT_PUBLIC_URL"}
_SCHEMES = {"http": 80, "https": 443, "nats": 4222, "postgresql": 5432, "tls": 7422}
_URL = re.compile(rf"({'|'.join(_SCHEMES)})://(?:[^@/\s\"]*@)?([a-z0-9.{{}}-]+)(?::(\d+))?")
_PLAIN = re.compile(r"([a-z][a-z0-9.-]*):(\d+)")
_POSTGRES = 5432
# Where Locust's master takes its workers in, unless it is told otherwise.
_LOCUST = 5557
# Networks whose addresses are of no use outside: a policy may leave them out of the world.
_INNER = [
    IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")
]
# Kubernetes' own label of the one pod of that name.
_REPLICA = "statefulset.kubernetes.io/pod-name"
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
        # The one replica of a Service for each of ingest's.
        wanted = {key: value for key, value in selector.items() if key != _REPLICA}
        if wanted.items() <= labels.items() and (wanted or labels["app.kubernetes.io/name"] == "ingest"):
            ports = [port for container in containers(workload) for port in container.get("ports", [])]
            same = [one for one in ports if target in (one["name"], one["containerPort"])]
            assert same or target in _passive_ports(found, workload, selector), f"{labels} has no port {target}"
            return Peer(labels, {target, *(one["containerPort"] for one in same), *(one["name"] for one in same)})
    raise LookupError(f"no pod has {selector}")


def _passive_ports(found: Cluster, workload: dict[str, Any], selector: dict[str, str]) -> range:
    """Ports that the selected replica of ingest opens for photos. It does not declare them; its settings say which."""
    if _REPLICA not in selector:
        return range(0)
    (container,) = containers(workload)
    settings = found.environment(container, int(selector[_REPLICA].rpartition("-")[2]))
    first, last = (int(settings[f"FACETALLY_INGEST_PASSIVE_PORT_{end}"]) for end in ("FIRST", "LAST"))
    return range(first, last + 1)


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
        _is_world(peer)
        if other is WORLD
        else "namespaceSelector" not in peer and "podSelector" in peer and selects(peer["podSelector"], other)
        for peer in _peers(found, own, way, port)
    )


def _is_world(peer: dict[str, Any]) -> bool:
    """Whether a policy's peer is everybody outside, whoever else it leaves out."""
    block = peer.get("ipBlock", {"cidr": ""})
    left_out = [IPv4Network(one) for one in block.get("except", [])]
    return block["cidr"] == "0.0.0.0/0" and all(any(one.subnet_of(inner) for inner in _INNER) for one in left_out)


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


def test_a_port_that_no_replica_opens_is_noticed() -> None:
    """The test of the test above: the first port after those of ingest-1."""
    found = cluster("cell")
    manifests = copy.deepcopy(found.manifests)
    (service,) = [one for one in manifests if (one["kind"], one["metadata"]["name"]) == ("Service", "ingest-1")]
    service["spec"]["ports"][-1]["targetPort"] += 1
    with pytest.raises(AssertionError, match="has no port 30148"):
        check_visitors(Cluster("cell", found.kind, manifests))


@pytest.mark.parametrize("left_out", ["0.0.0.0/1", "203.0.113.0/24"])
def test_a_policy_that_leaves_cameras_out_is_noticed(left_out: str) -> None:
    """The test of the test above."""
    found = cluster("cell")
    manifests = copy.deepcopy(found.manifests)
    changed = Cluster("cell", found.kind, manifests)
    for one in changed.named("NetworkPolicy", "ingest")["spec"]["ingress"][0]["from"]:
        if one.get("ipBlock", {}).get("cidr") == "0.0.0.0/0":
            one["ipBlock"]["except"] = ["10.0.0.0/8"]
    check_visitors(changed)
    for one in changed.named("NetworkPolicy", "ingest")["spec"]["ingress"][0]["from"]:
        if "except" in one.get("ipBlock", {}):
            one["ipBlock"]["except"].append(left_out)
    with pytest.raises(AssertionError):
        check_visitors(changed)


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


@pytest.mark.parametrize("name", ["dev", "cell", "cell-external-s3", "hq-with-cameras"])
def test_the_load_reaches_ingest(name: str) -> None:
    """By the address in its plan; its policy is a file of its own, beside whichever cluster is there."""
    found = loaded(name)
    worker = found.named("Deployment", "loadtest-worker")["spec"]["template"]["metadata"]["labels"]
    ingest = found.named("StatefulSet", "ingest")
    there = peer(found, plan()["host"], plan()["port"])
    assert there.pods == ingest["spec"]["template"]["metadata"]["labels"]
    assert "ftp" in there.port
    if name == "dev":
        return
    every_port = [there.port]
    for ordinal in range(3):
        ports = _passive_ports(found, ingest, {_REPLICA: f"ingest-{ordinal}"})
        assert ports
        every_port += [{port} for port in ports]
    for port in every_port:
        assert allows(found, worker, "egress", there.pods, port)
        assert allows(found, there.pods, "ingress", worker, port)


def test_the_loads_workers_reach_their_master() -> None:
    found = loaded("cell")
    worker = found.named("Deployment", "loadtest-worker")["spec"]["template"]
    (host,) = re.findall(r"--master-host=(\S+)", " ".join(worker["spec"]["containers"][0]["args"]))
    there = peer(found, host, _LOCUST)
    assert there.pods == found.named("Job", "loadtest-master")["spec"]["template"]["metadata"]["labels"]
    assert allows(found, worker["metadata"]["labels"], "egress", there.pods, there.port)
    assert allows(found, there.pods, "ingress", worker["metadata"]["labels"], there.port)


@EVERYWHERE
def test_a_service_without_an_address_names_the_ports_of_its_pods(name: str) -> None:
    """Its name leads to the pods themselves, where nobody maps a port onto another."""
    found = loaded(name)
    without = [one["spec"] for one in found.of_kind("Service") if one["spec"].get("clusterIP") == "None"]
    assert len(without) > 1
    for service in without:
        for port in service["ports"]:
            assert port["port"] in _of_pods(found, service["selector"], port["targetPort"]).port, service["selector"]


@pytest.mark.parametrize("name", GUARDED)
def test_everybody_may_ask_for_names(name: str) -> None:
    found = cluster(name)
    for workload in found.workloads():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert any("kube-dns" in str(peer) for peer in _peers(found, labels, "egress", {53})), labels
