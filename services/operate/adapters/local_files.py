"""What lies on this machine: room on the disk, the migrations that come with the code, the weights."""

import shutil
from hashlib import sha256
from pathlib import Path

from models.predict.weights import net_names, weight_faults
from services.operate.domain.findings import NotWorkingError


def disk(folder: Path) -> tuple[int, int]:
    """Free and total bytes of the disk that a folder is on.

    Raises:
        NotWorkingError: the folder is not there.
    """
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        raise NotWorkingError(
            f"{folder} cannot be looked at: {error.strerror}.", "Mend FACETALLY_OPERATE_STATE_DIR."
        ) from error
    return usage.free, usage.total


def migrations(folder: Path) -> dict[str, str]:
    """SHA-256 by name, of the migrations that come with the code."""
    return {path.stem: sha256(path.read_text().encode()).hexdigest() for path in folder.glob("*.sql")}


def weights(folder: Path | None) -> tuple[list[str], int]:
    """What is wrong with the weights, and how many nets there are."""
    return weight_faults(folder), len(net_names())
