"""What `facetally plan` reckons with is what the overlays deploy."""

import re

import pytest

from services.plan.domain.estate import Estate
from services.plan.domain.figures import FIGURES
from services.plan.domain.plan import Plan, plan
from tests.k8s.manifests import cluster

# What the store is called by its kind; commands of an operator, which are there while somebody types them; and what has run once.
_STORES = {"minio"}
_NOT_FOR_LONG = {"operator"}


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(Estate(), FIGURES)


@pytest.mark.parametrize("name", ["cell", "hq"])
def test_everything_that_runs_is_in_the_plan(name: str, planned: Plan) -> None:
    workloads = cluster(name).of_kind("Deployment", "StatefulSet", "Cluster")
    deployed = {workload["metadata"]["name"] for workload in workloads} - _NOT_FOR_LONG
    reckoned = planned.hq if name == "hq" else planned.cells[0]
    assert {pods.service for pods in reckoned.pods} == {"store" if one in _STORES else one for one in deployed}


@pytest.mark.parametrize("name", ["cell", "hq"])
def test_there_are_as_many_nodes_as_replicas_that_stay_apart(name: str, planned: Plan) -> None:
    reckoned = planned.hq if name == "hq" else planned.cells[0]
    for workload in cluster(name).of_kind("StatefulSet"):
        if workload["metadata"]["name"] in _STORES:
            apart = workload["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"]
            assert apart["requiredDuringSchedulingIgnoredDuringExecution"]
            assert reckoned.usual_nodes >= workload["spec"]["replicas"]


def test_headquarters_store_is_as_large_as_its_values_say() -> None:
    size = re.fullmatch(r"(\d+)Gi", cluster("hq").values()["STORE_VOLUME"])
    assert size
    assert int(size[1]) == FIGURES.hq_store_gib
