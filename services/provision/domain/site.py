"""What a NATS server or cluster is to others: alone, headquarters, or a cell."""

from dataclasses import dataclass

from services.common.streams import CELL_CONSUMERS, CONSUMERS, KEY_VALUE_BUCKETS, MIRRORED_BUCKETS, Consumer


@dataclass(frozen=True, slots=True)
class Site:
    """What one NATS server or cluster is to the others.

    Args:
        domain: of its JetStream; empty where there are no others.
        cells: at headquarters, the domains of the cells whose results come here.
        headquarters: in a cell, the domain of headquarters; empty elsewhere.
    """

    domain: str = ""
    cells: tuple[str, ...] = ()
    headquarters: str = ""

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """Consumers that somebody here reads as."""
        return CELL_CONSUMERS if self.headquarters else CONSUMERS

    @property
    def own_buckets(self) -> dict[str, int]:
        """Key-value buckets that are written here, and how many values of a key each keeps."""
        return {} if self.headquarters else KEY_VALUE_BUCKETS

    @property
    def mirrored_buckets(self) -> dict[str, int]:
        """Key-value buckets of headquarters that are mirrored here, and how many values of a key each keeps."""
        return {name: KEY_VALUE_BUCKETS[name] for name in MIRRORED_BUCKETS} if self.headquarters else {}


ALONE = Site()
