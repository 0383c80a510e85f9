"""Whatever a manifest sets is a setting, and whatever must be set is set, everywhere the service runs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from scripts.document_settings import CLASSES, variables
from scripts.k8s_secrets import Kind
from services.report.settings import AccountSettings
from services.standalone.settings import StandaloneSettings
from tests.k8s.manifests import COMBINATIONS, K8S, OVERLAYS, ROOT, Cluster, cluster, containers

EVERYWHERE = pytest.mark.parametrize("name", [*OVERLAYS, *COMBINATIONS])
READ: list[type[BaseSettings]] = [AccountSettings, *(one for one in CLASSES if one is not StandaloneSettings)]
KNOWN = {name for settings in READ for name in variables(settings, str(settings.model_config["env_prefix"]))}
BY_SERVICE: dict[str, list[type[BaseSettings]]] = {}
for settings_class in CLASSES:
    service = str(settings_class.model_config["env_prefix"]).split("_")[1].lower()
    BY_SERVICE.setdefault(service, []).append(settings_class)
SERVICES = ("ingest", "detect", "classify", "record", "report", "faceapi", "provision")


def of_services(found: Cluster) -> list[tuple[str, dict[str, Any]]]:
    """Name and container of every service that a cluster runs."""
    return [
        (container["name"], container)
        for workload in found.workloads()
        for container in workload["spec"]["template"]["spec"]["containers"]
        if container["name"] in SERVICES
    ]


def settings_of(service: str) -> type[BaseSettings]:
    """The class that the service reads, not that of a command beside it."""
    return next(found for found in BY_SERVICE[service] if "Keys" not in found.__name__)


@EVERYWHERE
def test_every_variable_that_a_manifest_sets_is_a_setting(name: str) -> None:
    found = cluster(name)
    asked = set()
    for workload in found.workloads():
        for container in containers(workload):
            asked |= {variable for variable in found.environment(container) if variable.startswith("FACETALLY_")}
    assert "FACETALLY_DETECT_NATS__URL" in asked
    assert asked <= KNOWN


@EVERYWHERE
def test_every_service_starts_with_the_settings_that_it_is_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = cluster(name)
    services = of_services(found)
    assert {"detect", "classify", "provision"} <= {service for service, _ in services}
    for service, container in services:
        with monkeypatch.context() as patch:
            for variable, value in found.environment(container).items():
                patch.setenv(variable, value)
            if "/etc/addresses/ADDRESS_$ORDINAL" in str(container.get("command")):
                patch.setenv("FACETALLY_INGEST_MASQUERADE_ADDRESS", found.values()["ADDRESS_0"])
            settings = settings_of(service)()
        if container.get("ports"):
            (health,) = [port for port in container["ports"] if port["name"] == "health"]
            assert health["containerPort"] == settings.model_dump()["health_port"]
            assert settings.model_dump()["health_host"] == "0.0.0.0"


@pytest.mark.parametrize("name", ["dev", "cell", "hq", "small-cell", "small-hq", "hq-gpu-rollout", "cell-rollout"])
def test_every_command_of_the_operator_has_its_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = cluster(name)
    operators = [workload for workload in found.workloads() if workload["metadata"]["name"] == "operator"]
    if name == "small-cell":
        assert operators == []
        return
    (container,) = operators[0]["spec"]["template"]["spec"]["containers"]
    for variable, value in found.environment(container).items():
        monkeypatch.setenv(variable, value)
    commands = ["operate"] if found.kind is Kind.CELL else ["operate", "estate", "backfill", "labels"]
    # Models are promoted at headquarters, where the component rollout is.
    for command in [*commands, "rollout"] if name == "hq-gpu-rollout" else commands:
        settings_of(command)()
    if found.kind is not Kind.CELL:
        AccountSettings()
        next(found for found in BY_SERVICE["faceapi"] if "Keys" in found.__name__)()


def test_a_service_without_a_setting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the tests above."""
    found = cluster("dev")
    environment = dict(of_services(found))["record"]
    values = found.environment(environment)
    del values["FACETALLY_RECORD_POSTGRES_DSN"]
    for variable, value in values.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match="postgres_dsn"):
        settings_of("record")()


def test_replicas_of_ingest_share_no_passive_port() -> None:
    found = cluster("cell")
    container = dict(of_services(found))["ingest"]
    taken: set[int] = set()
    services = found.of_kind("Service")
    for ordinal in range(3):
        values = found.environment(container, ordinal)
        first, last = (int(values[f"FACETALLY_INGEST_PASSIVE_PORT_{end}"]) for end in ("FIRST", "LAST"))
        ports = set(range(first, last + 1))
        assert len(ports) == int(values["FACETALLY_INGEST_MAX_UPLOADS"])
        assert not ports & taken
        taken |= ports
        (service,) = [one for one in services if one["metadata"]["name"] == f"ingest-{ordinal}"]
        assert service["spec"]["selector"] == {"statefulset.kubernetes.io/pod-name": f"ingest-{ordinal}"}
        assert service["spec"]["externalTrafficPolicy"] == "Local"
        assert service["spec"]["loadBalancerIP"] == found.values()[f"ADDRESS_{ordinal}"]
        assert {port["targetPort"] for port in service["spec"]["ports"]} == ports | {"ftp", "ftps"}
    (scaler,) = [one for one in found.of_kind("ScaledObject") if one["metadata"]["name"] == "ingest"]
    assert scaler["spec"]["maxReplicaCount"] == 3
    (policy,) = [one for one in found.of_kind("NetworkPolicy") if one["metadata"]["name"] == "ingest"]
    ends = [port for rule in policy["spec"]["ingress"] for port in rule["ports"] if "endPort" in port]
    assert all(end["port"] <= min(taken) and max(taken) <= end["endPort"] for end in ends)
    assert ends


@EVERYWHERE
def test_nothing_that_a_person_must_set_is_left_unset(name: str) -> None:
    found = cluster(name)
    assert "set-by-values" not in str(found.manifests)
    # What nobody reads would be set in vain.
    rest = str([one for one in found.manifests if one is not found.named("ConfigMap", "values")])
    for key, value in found.values().items():
        assert f"'key': '{key}'" in rest or value in rest, key


def explained(name: str) -> tuple[set[str], set[str]]:
    """Values of an overlay's page: those that must be set, and those that a component asks for."""
    readme = (K8S / "overlays" / name / "README.md").read_text()
    tables = re.findall(r"^\| value \| (is|component) \|\n\|---\|---\|\n((?:\|.*\n)+)", readme, re.MULTILINE)
    assert [kind for kind, _ in tables] == ["is", "component"]
    required, optional = (set(re.findall(r"`([A-Z0-9_]+)`", "".join(firsts(table)))) for _, table in tables)
    return required, optional


def firsts(table: str) -> list[str]:
    """The first column."""
    return [line.split("|")[1] for line in table.splitlines()]


def asked_for(component: Path) -> set[str]:
    """Values that a component reads, with what is in its folder."""
    found: set[str] = set()
    for path in component.rglob("*.yaml"):
        text = path.read_text()
        found |= set(re.findall(r"name: values, fieldPath: data\.([A-Z0-9_]+)", text))
        found |= set(re.findall(r"name: values, key: ([A-Z0-9_]+)", text))
        if "/etc/addresses/ADDRESS_$ORDINAL" in text:
            found |= {f"ADDRESS_{ordinal}" for ordinal in range(3)}
    return found


@pytest.mark.parametrize("name", ["cell", "hq"])
def test_every_value_is_explained_where_it_is_set(name: str) -> None:
    required, optional = explained(name)
    assert required == set(cluster(name).values())
    assert not required & optional


@pytest.mark.parametrize("name", ["cell", "hq"])
def test_values_that_a_component_asks_for_are_named_with_it(name: str) -> None:
    """Whatever a combination adds to an overlay."""
    _, optional = explained(name)
    for combination in COMBINATIONS:
        if f"../../overlays/{name}" in (K8S / "tests" / combination / "kustomization.yaml").read_text():
            added = set(cluster(combination).values()) - set(cluster(name).values())
            assert added <= optional, combination
    readme = (K8S / "overlays" / name / "README.md").read_text()
    for line in readme[readme.index("| value | component |") :].splitlines():
        values = set(re.findall(r"`([A-Z0-9_]+)`", line.split("|")[1])) if line.startswith("| `") else set()
        if values & optional:
            component = re.search(r"\]\(\.\./\.\./components/([\w-]+)/README\.md\)", line)
            assert component
            assert values <= asked_for(K8S / "components" / component[1]), line


@pytest.mark.parametrize("component", sorted((K8S / "components").iterdir()), ids=lambda path: path.name)
def test_every_value_that_a_component_reads_is_on_its_page(component: Path) -> None:
    readme = (component / "README.md").read_text()
    assert {value for value in asked_for(component) if f"`{value}`" not in readme} == set()


def test_camera_check_says_where_cameras_upload_to() -> None:
    settings = {"dev": "127.0.0.1", "hq": cluster("hq").values()["WORLD_FTP_NAME"]}
    for name, host in settings.items():
        report = cluster(name).environment(dict(of_services(cluster(name)))["report"])
        assert report["FACETALLY_REPORT_CAMERA_FTP_HOST"] == host
        ports = {
            key: int(value) for key, value in report.items() if re.match(r"FACETALLY_REPORT_CAMERA_FTPS?_PORT", key)
        }
        if name == "hq":
            (outside,) = [one for one in cluster("cell").of_kind("Service") if one["metadata"]["name"] == "ingest-0"]
            there = {port["name"]: port["port"] for port in outside["spec"]["ports"]}
            assert ports == {
                "FACETALLY_REPORT_CAMERA_FTP_PORT": there["ftp"],
                "FACETALLY_REPORT_CAMERA_FTPS_PORT": there["ftps"],
            }
        else:
            forwarded = yaml.safe_load((ROOT / "skaffold.yaml").read_text())["portForward"]
            (local,) = [one["localPort"] for one in forwarded if one["port"] == 2121]
            assert ports == {"FACETALLY_REPORT_CAMERA_FTP_PORT": local}
