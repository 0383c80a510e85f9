"""Ports, names, secrets, images and metrics that manifests speak of exist."""

import copy
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.k8s_files import k8s_files, policies
from services.common.streams import ACK_WAIT_S, CONSUMERS
from services.plan.domain.figures import FIGURES
from services.provision.domain.store_rights import S3_ACTIONS
from tests.architecture.test_operations import KNOWN
from tests.k8s.manifests import COMBINATIONS, GIVEN, K8S, OVERLAYS, ROOT, Cluster, cluster, containers
from tests.operations import Query

EVERYWHERE = pytest.mark.parametrize("name", [*OVERLAYS, *COMBINATIONS])
# What ingest waits for uploads under way (services/ingest/adapters/ftp_server.py).
INGEST_FINISHES_WITHIN_S = 20
# CPU of a replica that never rests, which KEDA takes its share of: one thread of detect and of classify. A record waits between batches.
_RECORD_CORES = FIGURES.record_cpu_ms / 1_000 * FIGURES.record_batch / FIGURES.record_pause_s
FULL_PACE = {"detect": "1", "classify": "1", "record": f"{1_000 * _RECORD_CORES:.0f}m"}


def service_ports(found: Cluster) -> dict[str, set[Any]]:
    """By app.kubernetes.io/name, every port that a pod of that name has: by name and by number."""
    ports: dict[str, set[Any]] = {}
    for workload in found.workloads():
        name = workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
        own = ports.setdefault(name, set())
        for container in containers(workload):
            for port in container.get("ports", []):
                own |= {port["name"], port["containerPort"]}
    return ports


@EVERYWHERE
def test_probes_and_services_name_ports_that_are_there(name: str) -> None:
    found = cluster(name)
    ports = service_ports(found)
    for workload in found.workloads():
        for container in containers(workload):
            own = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if get := container.get(probe, {}).get("httpGet"):
                    assert get["port"] in own, f"{container['name']} {probe}"
    for service in found.of_kind("Service"):
        selected = service["spec"]["selector"].get("app.kubernetes.io/name", "ingest")
        for port in service["spec"]["ports"]:
            target = port["targetPort"]
            assert target in ports[selected] or 30_000 <= target < 31_000, (service["metadata"]["name"], target)
    for ingress in found.of_kind("Ingress"):
        backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        assert backend["port"]["name"] in {
            port["name"] for port in found.named("Service", backend["name"])["spec"]["ports"]
        }


@pytest.mark.parametrize("name", ["cell", "hq", "small-cell", "small-hq"])
def test_network_policies_name_ports_and_pods_that_are_there(name: str) -> None:
    found = cluster(name)
    ports = service_ports(found)
    everywhere = [service_ports(cluster(other)) for other in ("cell", "hq", "small-cell", "small-hq")]
    known = set().union(*everywhere) | {"loadtest", "minio-users"}
    for policy in found.of_kind("NetworkPolicy"):
        for pods in re.findall(r"'app.kubernetes.io/name': '([\w-]+)'", str(policy["spec"])):
            assert pods in known, policy["metadata"]["name"]
        own = ports.get(policy["spec"]["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name", ""), set())
        for rule in policy["spec"].get("ingress", []):
            for port in rule["ports"]:
                assert not own or port["port"] in own or "endPort" in port, (policy["metadata"]["name"], port)


@EVERYWHERE
def test_every_secret_is_made_or_given_or_a_certificate(name: str) -> None:
    found = cluster(name)
    secrets = found.secrets()
    certificates = {one["spec"]["secretName"] for one in found.of_kind("Certificate")}
    if name in {"small-cell", "cell-external-s3"}:
        certificates |= {"ingest-tls"}  # without cert-manager somebody makes it by hand: components/ftps-certificate
    for workload in found.workloads():
        for volume in workload["spec"]["template"]["spec"].get("volumes", []):
            if secret := volume.get("secret"):
                assert secret["secretName"] in {*secrets, *certificates, "loadtest-logins"}
        for container in containers(workload):
            found.environment(container)  # a key that is not there is a KeyError
    for owner in found.of_kind("Cluster"):
        (bootstrap,) = owner["spec"]["bootstrap"].values()
        assert bootstrap["secret"]["name"] in secrets
    for store in found.of_kind("ObjectStore"):
        for reference in store["spec"]["configuration"]["s3Credentials"].values():
            assert reference["key"] in GIVEN[reference["name"]]


@pytest.mark.parametrize("name", ["dev", "cell", "hq"])
def test_every_secret_that_is_made_is_read_by_somebody(name: str) -> None:
    found = cluster(name)
    text = str(found.manifests)
    expected = set(found.secrets()) - {"seaweedfs", *GIVEN} | {"report"} & set(found.secrets())
    if found.kind.value == "cell":
        expected -= {"report"}
    for secret in expected:
        assert f"'{secret}'" in text or secret == "ingest-tls", secret


@EVERYWHERE
def test_every_image_of_ours_has_a_dockerfile(name: str) -> None:
    dockerfiles = [*ROOT.glob("services/*/Dockerfile"), *K8S.glob("images/*/Dockerfile"), ROOT / "loadtest/Dockerfile"]
    titles = {
        title for path in dockerfiles for title in re.findall(r'image\.title="(facetally/[\w-]+)"', path.read_text())
    }
    images = {container["image"] for workload in cluster(name).workloads() for container in containers(workload)}
    ours = {image for image in images if image.startswith("facetally/")}
    assert "facetally/provision" in ours
    assert {image.removesuffix("-cuda") for image in ours} <= titles
    # Others are named in one place each, with a release.
    assert all(":" in image for image in images - ours)


@EVERYWHERE
def test_scalers_watch_consumers_and_metrics_that_there_are(name: str) -> None:
    consumers = {(consumer.stream, consumer.name) for consumer in CONSUMERS}
    for scaler in cluster(name).of_kind("ScaledObject"):
        target = cluster(name).named(
            scaler["spec"]["scaleTargetRef"].get("kind", "Deployment"), scaler["metadata"]["name"]
        )
        assert "replicas" not in target["spec"], "an apply would undo what KEDA does"
        for trigger in scaler["spec"]["triggers"]:
            if trigger["type"] == "nats-jetstream":
                assert (trigger["metadata"]["stream"], trigger["metadata"]["consumer"]) in consumers
                assert trigger["metadata"]["natsServerMonitoringEndpoint"].startswith("nats.facetally.svc")
            elif trigger["type"] == "cpu":
                (container,) = containers(target)
                assert container["resources"]["requests"]["cpu"] == FULL_PACE[container["name"]]
            else:
                query = Query(scaler["metadata"]["name"], trigger["metadata"]["query"])
                assert {selector.metric for selector in query.selectors()} <= set(KNOWN)


@EVERYWHERE
def test_pods_are_given_time_to_finish(name: str) -> None:
    for workload in cluster(name).workloads():
        spec = workload["spec"]["template"]["spec"]
        if workload["kind"] == "Job" or workload["metadata"]["name"] == "operator":
            continue
        (container,) = spec["containers"]
        before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        longest = INGEST_FINISHES_WITHIN_S if container["name"] == "ingest" else ACK_WAIT_S
        assert spec["terminationGracePeriodSeconds"] > before + longest, workload["metadata"]["name"]


@EVERYWHERE
def test_models_are_given_time_to_be_loaded(name: str) -> None:
    """Until the loop turns, and for no server: that would start a program again because another is away."""
    for service in ("detect", "classify"):
        (container,) = containers(cluster(name).named("Deployment", service))[-1:]
        start = container["startupProbe"]
        assert start["httpGet"] == {"path": "/livez", "port": "health"}
        on_gpu = "nvidia.com/gpu" in container["resources"]["limits"]
        assert start["periodSeconds"] * start["failureThreshold"] == (600 if on_gpu else 120)


@EVERYWHERE
def test_pods_may_do_nothing_that_they_need_not(name: str) -> None:
    for workload in cluster(name).workloads():
        spec = workload["spec"]["template"]["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, container["name"]
            assert {"cpu", "memory"} <= set(container["resources"]["limits"])


@EVERYWHERE
def test_everything_is_in_one_namespace_and_says_whose_it_is(name: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for manifest in cluster(name).manifests:
        metadata = manifest["metadata"]
        assert metadata["namespace"] == "facetally"
        if manifest["kind"] in {"Deployment", "StatefulSet", "Job"}:
            labels = manifest["spec"]["template"]["metadata"]["labels"]
            assert labels["app.kubernetes.io/part-of"] == "facetally"
            assert labels.get("app.kubernetes.io/version", version) == version


@pytest.mark.parametrize("path", k8s_files(), ids=lambda path: path.name)
def test_files_that_say_what_the_code_says_are_up_to_date(path: Path) -> None:
    assert path.read_text() == k8s_files()[path], "run `make k8s-files`"


@pytest.mark.parametrize("component", sorted((K8S / "components").iterdir()), ids=lambda path: path.name)
def test_every_component_is_explained_and_rendered(component: Path) -> None:
    readme = (component / "README.md").read_text()
    for heading in ("## When", "## How", "## What it changes"):
        assert heading in readme
    uses = [*K8S.glob("overlays/*/kustomization.yaml"), *K8S.glob("tests/*/kustomization.yaml")]
    assert any(f"components/{component.name}\n" in path.read_text() + "\n" or f"components/{component.name}]" in path.read_text()
               or f"components/{component.name}," in path.read_text() for path in uses)  # fmt: skip


def test_no_certificate_ends_without_an_alert() -> None:
    """Certificate by name; one that cert-manager makes for an Ingress has the name of its Secret."""
    found: set[str] = set()
    for name in (*OVERLAYS, *COMBINATIONS):
        found |= {one["metadata"]["name"] for one in cluster(name).of_kind("Certificate")}
        found |= {tls["secretName"] for one in cluster(name).of_kind("Ingress") for tls in one["spec"]["tls"]}
    (rule,) = cluster("hq").named("PrometheusRule", "facetally-certificates")["spec"]["groups"][0]["rules"]
    (pattern,) = re.findall(r'name=~"([^"]+)"', rule["expr"])
    assert found == set(pattern.split("|"))
    assert {"ingest", "models-tls", "nats-leaf"} <= found


def test_the_dashboard_is_the_one_of_ops() -> None:
    found = cluster("hq").named("ConfigMap", "facetally-dashboard")
    assert found["data"]["facetally.json"] == (ROOT / "ops/grafana/facetally.json").read_text()


def test_skaffold_builds_every_image_that_an_overlay_needs() -> None:
    (app,) = yaml.safe_load_all((ROOT / "skaffold.yaml").read_text())
    profiles = {profile["name"]: profile for profile in app["profiles"]}
    overlays = {"dev": "dev", "cell": "cell", "cell-gpu": "cell-gpu", "hq": "hq", "gpu": "hq-gpu"}
    assert set(profiles) == {*overlays, "only-images"}
    for name, overlay in overlays.items():
        deploy = profiles[name].get("deploy", app["deploy"])["kustomize"]
        assert deploy["paths"] == [f"k8s/overlays/{overlay}"]
        artifacts = patched(app, profiles[name].get("patches", []))["build"]["artifacts"]
        built = {artifact["image"] for artifact in artifacts}
        for artifact in artifacts:
            assert (ROOT / artifact["docker"]["dockerfile"]).is_file()
            assert {one["image"] for one in artifact.get("requires", [])} <= built
            # What is for GPUs is built of the Dockerfile of the same service.
            service, *_ = artifact["image"].removeprefix("facetally/").split("-cuda")
            assert service in {*artifact["docker"]["dockerfile"].split("/"), "base", "build"}
            assert artifact["docker"]["buildArgs"].get("DEVICE") == ("cuda" if "-cuda" in artifact["image"] else None)
        images = {container["image"] for workload in cluster(overlay).workloads() for container in containers(workload)}
        assert {image for image in images if image.startswith("facetally/")} <= built
        # A Job that is there cannot be given a new image.
        before = str(deploy["hooks"]["before"])
        jobs = {job["metadata"]["name"] for job in cluster(overlay).of_kind("Job")}
        removed = re.search(r"delete job ([a-z -]+) --ignore-not-found", before)
        assert removed
        assert jobs <= set(removed[1].split())


def patched(config: dict[str, Any], patches: list[dict[str, Any]]) -> dict[str, Any]:
    """A configuration of Skaffold, as a profile's patches change it."""
    changed: dict[str, Any] = copy.deepcopy(config)
    for patch in patches:
        *parents, last = [int(part) if part.isdigit() else part for part in patch["path"].split("/")[1:]]
        place: Any = changed
        for part in parents:
            place = place[part]
        assert (last in place) == (patch["op"] == "replace"), patch["path"]
        place[last] = patch["value"]
    return changed


def test_the_load_test_replaces_nothing_of_what_it_tests() -> None:
    (loadtest,) = yaml.safe_load_all((K8S / "loadtest/skaffold.yaml").read_text())
    (app,) = yaml.safe_load_all((ROOT / "skaffold.yaml").read_text())
    (required,) = loadtest["requires"]
    assert (K8S / "loadtest" / required["path"]).resolve() == ROOT / "skaffold.yaml"
    assert required["configs"] == [app["metadata"]["name"]]
    (active,) = [one for one in app["profiles"] if [{"name": one["name"]}] == required["activeProfiles"]]
    assert active["deploy"] == {"kustomize": {"paths": ["k8s/loadtest/only-images"]}}
    assert loadtest["deploy"]["kustomize"]["paths"] == ["k8s/loadtest"]


def test_minio_users_get_the_policies_of_the_code(tmp_path: Path) -> None:
    """The Job's script, with an `mc` that writes down what it is told."""
    users = cluster("cell").named("Job", "minio-users")["spec"]["template"]["spec"]["containers"][0]
    told = {one["name"]: one["value"] for one in users["env"]}
    assert set(told["USERS"].split()) == set(S3_ACTIONS) - {"admin"}
    mc = tmp_path / "mc"
    mc.write_text(
        f'#!/bin/sh\necho "$@" >>{tmp_path}/told\n[ "$3" = create ] && cp "$6" {tmp_path}/"$5".json || true\n'
    )
    mc.chmod(0o755)
    script = (K8S / "components/minio/users/users.sh").read_text()
    script = script.replace("/etc/minio-users", str(K8S / "components/minio/users")).replace(
        "cd /tmp", f"cd {tmp_path}"
    )
    keys = {f"S3_{user.upper()}_{part}_KEY": f"{user}-{part}" for user in S3_ACTIONS for part in ("ACCESS", "SECRET")}
    work = tmp_path / "work"
    work.mkdir()
    subprocess.run(
        ["sh", "-c", script.replace(f"cd {tmp_path}", f"cd {work}")],
        env=keys | {"USERS": " ".join(sorted(set(S3_ACTIONS) - {"admin"})), "PATH": f"{tmp_path}:/usr/bin:/bin"},
        check=True, timeout=30, capture_output=True,
    )  # fmt: skip
    expected = json.loads(policies())
    assert {user: json.loads((tmp_path / f"{user}.json").read_text()) for user in expected} == expected
    assert "admin user add store ingest-ACCESS ingest-SECRET" in (tmp_path / "told").read_text()
