"""Names of the nets that are exported to OpenVINO, and the files that they are in."""

import hashlib
from pathlib import Path
from typing import Final

from models.registry import Card, WeightsError

# What is written into an exported net, to know what it was made of.
WEIGHTS_SHA256: Final = "weights_sha256"
CONSTANTS_SHA256: Final = "constants_sha256"
INT8_SUFFIX: Final = "-int8"
_CPU_INFO: Final = Path("/proc/cpuinfo")
_VNNI: Final = {"avx512_vnni", "avx_vnni"}


def has_fast_int8() -> bool:
    """Whether the processor multiplies bytes without overflow (VNNI). Without it 8-bit nets are neither fast nor right."""
    try:
        flags = next(line for line in _CPU_INFO.read_text().splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        return False
    return not _VNNI.isdisjoint(flags.split())


def file_of(card: Card, folder: Path, *, int8: bool) -> Path:
    """The exported net's file; its constants lie beside it, as .bin."""
    return folder / f"{card.name}{INT8_SUFFIX if int8 else ''}.xml"


def constants_digest(path: Path) -> str:
    """SHA-256 of the constants beside an exported net.

    Raises:
        WeightsError: they are not there.
    """
    try:
        return hashlib.sha256(path.with_suffix(".bin").read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise WeightsError(f"{path.with_suffix('.bin')} is not there: `make setup` exports the nets") from error
