"""What happens to an estate on a simulated day, besides customers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Troubles:
    """Each happens in the cells of one region.

    Args:
        region: whose.
        node_lost_at_s: when a node dies, with as many replicas as it holds; None: none does. Seconds since midnight UTC.
        cut_at_s: when the line to HQ is cut; None: it is not.
        cut_for_s: for how long.
    """

    region: str
    node_lost_at_s: float | None = None
    cut_at_s: float | None = None
    cut_for_s: float = 3_600
