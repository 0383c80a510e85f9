"""The machines of an estate: cells and HQ. Pure arithmetic."""

import math
from dataclasses import dataclass

import numpy as np

from services.cost.domain.assumptions import Assumptions
from services.cost.domain.estimate import Estimate, estimate, results_kept_tb
from services.plan.domain.day import day
from services.plan.domain.estate import ZONES, Estate, Region
from services.plan.domain.figures import Figures
from services.plan.domain.limits import Limit, cell_bears_per_s, cell_limits, hq_limits
from services.plan.domain.needs import Demand, Pods, cell_pods, hq_pods, photos_tb, result_bytes
from services.plan.domain.packing import Node, nodes_for

HQ = "hq"


@dataclass(frozen=True, slots=True)
class Network:
    """Mbit/s at the peak.

    Args:
        from_cameras: into a cell; results into HQ.
        inside: between its nodes: copies of photos and of messages, photos to detect, if all cross from node to node.
        to_hq: results out of it.
    """

    from_cameras: float
    inside: float
    to_hq: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cell, or HQ.

    Args:
        number: of such clusters; a region that no one cell bears has several.
        demand: of each.
        usual_nodes: on an ordinary day, at its busiest, spare ones included.
        nodes: at the peak, spare ones included.
        gpus: among the peak's nodes' devices.
        disks: for photos, 0 at HQ.
        photos_tb: on them.
        ssd_tb: for streams and the database.
        network: of each.
        limits: what does not grow by itself, the nearest to its end first.
    """

    name: str
    number: int
    demand: Demand
    pods: tuple[Pods, ...]
    usual_nodes: int
    nodes: int
    gpus: int
    disks: int
    photos_tb: float
    ssd_tb: float
    network: Network
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it.

    Args:
        cells: one for each region.
        hq: headquarters.
        world_per_s: photos a second of all cells at the peak, at the busiest moment.
        cost: what `facetally cost` says of as many photos.
    """

    cells: tuple[Cluster, ...]
    hq: Cluster
    world_per_s: float
    cost: Estimate

    @property
    def nodes(self) -> int:
        """Of all clusters, at the peak."""
        return self.hq.nodes + sum(cell.nodes * cell.number for cell in self.cells)

    @property
    def usual_nodes(self) -> int:
        """The same on an ordinary day."""
        return self.hq.usual_nodes + sum(cell.usual_nodes * cell.number for cell in self.cells)


def plan(estate: Estate, figures: Figures) -> Plan:
    """Reckon what an estate needs.

    Raises:
        TooLargeError: a pod is larger than a node, or a cluster than Kubernetes supports.
    """
    cells = tuple(_cell(estate, figures, region) for region in estate.regions)
    money = cost_of(estate, figures)
    usual = float(
        np.sum([day(region, estate.photos_per_day * region.share) for region in estate.regions], axis=0).max()
    )
    world = Demand(usual, usual * estate.peak, estate.photos_per_day, estate.shops)
    return Plan(cells, _hq(estate, figures, world), usual * estate.peak, estimate(money))


def cost_of(estate: Estate, figures: Figures) -> Assumptions:
    """What `facetally cost` is asked: its months have 30 ordinary days, and copies are those of the plan."""
    return Assumptions(
        photos_per_month=estate.photos_per_day * 30, peak=estate.peak, photo_mb=estate.photo_mb,
        faces_per_photo=estate.faces, shops=estate.shops, photos_kept_days=estate.days_kept,
        disk_overhead=estate.photo_copies / figures.disk_full, database_copies=figures.postgres_instances,
    )  # fmt: skip


def cells_of(estate: Estate, figures: Figures, region: Region) -> int:
    """How many cells a region's peak takes."""
    busiest = float(day(region, estate.photos_per_day * region.share).max()) * estate.peak
    return max(1, math.ceil(busiest / cell_bears_per_s(estate, figures)))


def _cell(estate: Estate, figures: Figures, region: Region) -> Cluster:
    number = cells_of(estate, figures, region)
    photos = estate.photos_per_day * region.share / number
    usual = float(day(region, photos).max())
    demand = Demand(usual, usual * estate.peak, photos, estate.shops * region.share / number)
    pods = cell_pods(estate, figures, demand)
    tb = photos_tb(estate, figures, photos)
    mbit = demand.peak_per_s * estate.photo_mb * 8
    results = demand.peak_per_s * result_bytes(estate, figures) * 8 / 1e6
    copies = (estate.photo_copies - 1) + (estate.stream_copies - 1) * estate.faces * figures.face_message_bytes / (
        estate.photo_mb * 1e6
    )
    gpu = estate.gpu_photos_per_s
    return Cluster(
        name=region.name,
        number=number,
        demand=demand,
        pods=pods,
        usual_nodes=_nodes(estate, figures, pods, at_peak=False),
        nodes=_nodes(estate, figures, pods, at_peak=True),
        # Detect and classify are apart, and so are their GPUs.
        gpus=2 * math.ceil(demand.peak_per_s / gpu / figures.utilisation) if gpu else 0,
        disks=math.ceil(tb / figures.disk_tb),
        photos_tb=tb,
        ssd_tb=sum(one.disk_tb * one.most for one in pods if one.service == "nats"),
        network=Network(mbit, mbit * (1 + copies), results),
        limits=cell_limits(estate, figures, demand, pods),
    )


def _hq(estate: Estate, figures: Figures, demand: Demand) -> Cluster:
    pods = hq_pods(estate, figures, demand, results_kept_tb(cost_of(estate, figures)))
    results = demand.peak_per_s * result_bytes(estate, figures) * 8 / 1e6
    return Cluster(
        name=HQ,
        number=1,
        demand=demand,
        pods=pods,
        usual_nodes=_nodes(estate, figures, pods, at_peak=False),
        nodes=_nodes(estate, figures, pods, at_peak=True),
        gpus=0,
        disks=0,
        photos_tb=0,
        ssd_tb=sum(one.disk_tb * one.most for one in pods),
        network=Network(results, results * estate.stream_copies, 0),
        limits=hq_limits(estate, figures, demand, pods),
    )


def _nodes(estate: Estate, figures: Figures, pods: tuple[Pods, ...], *, at_peak: bool) -> int:
    """Nodes that hold all pods when as many have failed as may."""
    node = Node(estate.node_cores - figures.reserved_cores, estate.node_gib - figures.reserved_gib)
    each = 1 / ZONES if estate.spare_zone else 1
    held = nodes_for(
        (
            # The database and a stream's leader may want more than a node has: that is a limit, and told as one.
            (
                one.service,
                math.ceil((one.most if at_peak else one.usual) * each),
                min(one.cores, node.cores) if one.disk_tb else one.cores,
                one.gib,
            )
            for one in pods
        ),
        node,
    )
    # Copies of the same thing are on nodes of their own.
    apart = max(one.most for one in pods if one.disk_tb)
    return max(ZONES * held if estate.spare_zone else held + estate.spare_nodes, apart)
