"""buildah, as a command: it builds without a daemon, here in a chroot."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.images.catalogue import ROOT

REPOSITORY: Final = "localhost/facetally"
_CA_FILES: Final = ("SSL_CERT_FILE", "CURL_CA_BUNDLE")
# Where nobody has chosen: it needs no more than root has in a container.
_DEFAULTS: Final = {"BUILDAH_ISOLATION": "chroot"}


class BuildError(Exception):
    """An image could not be built; the sentence says why, or what to do."""


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What an image says of how it is run.

    Args:
        environment: of its processes.
        user: uid:gid.
        directory: where it starts.
        command: entry point and arguments.
        labels: by name.
    """

    environment: dict[str, str]
    user: str
    directory: str
    command: tuple[str, ...]
    labels: dict[str, str]


def require(*programs: str) -> None:
    """See to it that programs are there.

    Raises:
        BuildError: with what installs them.
    """
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise BuildError(
            f"Not installed: {', '.join(missing)}. On Debian or Ubuntu: apt-get install {' '.join(missing)}"
        )


def run(*arguments: str | Path, log: Path | None = None) -> str:
    """Run a command to its end; what it printed.

    Args:
        arguments: program first.
        log: where its errors go as well.

    Raises:
        BuildError: it failed, with the end of what it said.
    """
    with tempfile.TemporaryFile("w+") if log is None else log.open("w+") as errors:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [str(one) for one in arguments],
            cwd=ROOT,
            env=_DEFAULTS | os.environ,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
        )
        if done.returncode:
            errors.write(done.stdout)
            errors.seek(0)
            raise BuildError(f"{' '.join(map(str, arguments[:3]))} failed:\n{errors.read()[-3000:]}")
    return done.stdout.strip()


def buildah(*arguments: str | Path, log: Path | None = None) -> str:
    """Run buildah to its end; see `run`. Not every release of it reads STORAGE_DRIVER, so it is told."""
    driver = os.environ.get("STORAGE_DRIVER")
    return run("buildah", *([f"--storage-driver={driver}"] if driver else []), *arguments, log=log)


def build(
    tag: str, dockerfile: Path, ignored: Path, arguments: Mapping[str, str], timestamp: int, *, target: str, log: Path
) -> None:
    """Build an image in one layer.

    Args:
        tag: to give it.
        dockerfile: what it is made from, in this repository.
        ignored: which of its files are let in, as .dockerignore says it.
        arguments: of the Dockerfile.
        timestamp: of all files, seconds since 1970: what is in an image depends on what it is made from, not on when.
        target: the stage; the last one when it is empty.
        log: where buildah's words go.
    """
    before = image_id(tag)
    ca = next((os.environ[name] for name in _CA_FILES if os.environ.get(name)), None)
    buildah(
        "bud", "--layers=false", f"--timestamp={timestamp}", f"--tag={tag}", f"--file={dockerfile}",
        f"--ignorefile={ignored}",
        *(f"--build-arg={name}={value}" for name, value in arguments.items()),
        *([f"--target={target}"] if target else []),
        *([f"--secret=id=ca,src={ca}"] if ca else []),
        ROOT,
        log=log,
    )  # fmt: skip
    if before and before != image_id(tag):
        buildah("rmi", before)


def image_id(tag: str) -> str:
    """Of an image that is here; empty where there is none."""
    return buildah("images", "--quiet", "--filter", f"reference={tag}")


@contextmanager
def mounted(tag: str) -> Iterator[Path]:
    """The root file system of an image, for as long as the block runs."""
    container = buildah("from", "--pull-never", tag)
    try:
        yield Path(buildah("mount", container))
    finally:
        buildah("rm", container)


def config_of(tag: str) -> ImageConfig:
    """How an image is to be run."""
    config = json.loads(buildah("inspect", "--type", "image", tag))["OCIv1"]["config"]
    return ImageConfig(
        environment=dict(one.split("=", 1) for one in config["Env"]),
        user=config["User"],
        directory=config["WorkingDir"],
        command=(*config.get("Entrypoint", ()), *config.get("Cmd", ())),
        labels=config["Labels"],
    )


def size_bytes(folder: Path) -> int:
    """Bytes of all files in a folder, those with several names once."""
    return int(run("du", "--summarize", "--bytes", "--one-file-system", folder).split()[0])


def archive(tag: str, file: Path) -> None:
    """Write an image into a file that other tools read (OCI)."""
    file.unlink(missing_ok=True)
    buildah("push", tag, f"oci-archive:{file}:{tag}")


def remove(tags: Sequence[str]) -> None:
    """Remove images that are there."""
    if here := [tag for tag in tags if image_id(tag)]:
        buildah("rmi", *here)
