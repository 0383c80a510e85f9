"""Build images, check that each starts and fits its budget, and write what is in it beside it: `make images`.

Python comes from an image of a registry (PYTHON_IMAGE, by digest), or, where none can be reached, from Debian's packages.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Final

from rich.console import Console

from loadtest.photos import PhotoPool
from scripts.images.buildah import (
    REPOSITORY,
    BuildError,
    archive,
    build,
    buildah,
    config_of,
    image_id,
    mounted,
    remove,
    require,
    run,
    size_bytes,
)
from scripts.images.catalogue import DOCUMENT, LOAD_PHOTOS, ROOT, Image, budgets, images
from scripts.images.rootfs import inside

OUT: Final = ROOT / "build" / "images"
# Debian's Python, for where there is no registry: its packages, without what only people read.
_DEBIAN: Final = f"{REPOSITORY}/debian-python:bookworm"
# With /usr merged from the start; otherwise Debian merges it later, with a program that needs all of Perl.
_DEBIAN_PACKAGES: Final = "ca-certificates,libstdc++6,python3.11,python3.11-venv,usr-is-merged"
_MERGED_USR: Final = "/usr/share/mmdebstrap/hooks/merged-usr"
_NOT_NEEDED: Final = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")
_LICENCES: Final = "/usr/share/doc/*/copyright"
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
console = Console(stderr=True, highlight=False)


def main() -> None:
    """Build what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="images to build; by default all but those for CUDA")
    parser.add_argument(
        "--cuda", action="store_true", help="those for CUDA as well: 10 GB more on disk, 20 GB meanwhile"
    )
    parser.add_argument(
        "--archive", action="store_true", help="write each into a file (OCI) in build/images, and keep no other copy"
    )
    parser.add_argument(
        "--python-image", default=os.environ.get("PYTHON_IMAGE", ""), help="NAME@sha256:... to build upon"
    )
    asked = parser.parse_args()
    every = images()
    unknown = set(asked.names) - {image.name for image in every}
    if unknown:
        sys.exit(
            f"There is no image {', '.join(sorted(unknown))}; there are {', '.join(image.name for image in every)}."
        )
    chosen = [
        image for image in every if (image.name in asked.names if asked.names else asked.cuda or image.device != "cuda")
    ]
    OUT.mkdir(parents=True, exist_ok=True)
    try:
        require("buildah")
        builder = Builder(asked.python_image)
        too_large = [line for image in chosen if (line := builder.make(image, write=asked.archive))]
    except BuildError as error:
        sys.exit(f"images: {error}")
    if too_large:
        sys.exit("Over budget (docs/images.md): " + "; ".join(too_large))


class Builder:
    """Builds images upon one base, which it makes first."""

    def __init__(self, python_image: str) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        self._version: str = project["version"]
        self._revision = run("git", "rev-parse", "HEAD")
        self._timestamp = int(run("git", "log", "-1", "--format=%ct"))
        self._budgets = budgets(DOCUMENT.read_text())
        self._base = f"{REPOSITORY}/base:{self._version}"
        self._build = f"{REPOSITORY}/build:{self._version}"
        if python_image and "@sha256:" not in python_image:
            raise BuildError("PYTHON_IMAGE must end with a digest, @sha256:...; tags are moved")
        python = python_image or self._debian_python()
        # In this order: with `build` buildah removes the stage below it, which is the same image as `runtime`.
        for target, tag in (("build", self._build), ("runtime", self._base)):
            base = Image("base", ROOT / "k8s" / "images" / "base" / "Dockerfile")
            self._built(tag, base, {"PYTHON": python}, target=target)

    def make(self, image: Image, *, write: bool) -> str:
        """Build an image, and see whether it starts; what is wrong with its size, or nothing.

        Args:
            image: to build.
            write: into an archive; the image in local storage is removed then.
        """
        tag = f"{REPOSITORY}/{image.name}:{self._version}"
        if image.name == "loadtest":
            PhotoPool.load(LOAD_PHOTOS, lambda line: console.print(f"    {line}"))
        arguments = {"BASE": self._base, "BUILD": self._build, "VERSION": self._version, "REVISION": self._revision}
        self._built(tag, image, arguments | ({"DEVICE": image.device} if image.device else {}))
        with mounted(tag) as root, tempfile.TemporaryDirectory() as folder:
            config = config_of(tag)
            environment = (f"{name}={value}" for name, value in config.environment.items())
            command = ("env", "-i", *environment, "python", "-c", f"import {', '.join((image.module, *image.later))}")
            run(*inside(root, Path(folder), config.user, config.directory, command))
            shutil.copyfile(root / "app" / "sbom.cdx.json", OUT / f"{image.name}.cdx.json")
            size_mb = size_bytes(root) / 1e6
        budget_mb = self._budgets[image.name]
        console.print(f"    {image.name}: {size_mb:,.0f} MB of {budget_mb:,} MB")
        if write:
            file = OUT / f"{image.name}.oci.tar"
            archive(tag, file)
            remove([tag])
            console.print(f"    {file.relative_to(ROOT)}: {file.stat().st_size / 1e6:,.0f} MB")
        return f"{image.name} has {size_mb:,.0f} MB, and may have {budget_mb:,}" if size_mb > budget_mb else ""

    def _built(self, tag: str, image: Image, arguments: dict[str, str], target: str = "") -> None:
        name = tag.removeprefix(f"{REPOSITORY}/").partition(":")[0]
        console.print(f"==> Building {name}")
        began = time.monotonic()
        build(tag, image.dockerfile, image.ignored, arguments, self._timestamp, target=target, log=OUT / f"{name}.log")
        console.print(f"    {tag} in {time.monotonic() - began:,.0f} s")

    def _debian_python(self) -> str:
        """An image of Debian's own packages, made once."""
        if image_id(_DEBIAN):
            return _DEBIAN
        require("mmdebstrap")
        console.print("==> Making a base of Debian's packages: PYTHON_IMAGE names no image of a registry")
        with tempfile.TemporaryDirectory(dir=OUT) as folder:
            rootfs = Path(folder) / "rootfs.tar"
            excluded = (f"--dpkgopt=path-exclude={path}" for path in _NOT_NEEDED)
            run(
                "env", f"SOURCE_DATE_EPOCH={self._timestamp}",
                "mmdebstrap", "--quiet", "--variant=minbase", f"--hook-dir={_MERGED_USR}", '--aptopt=APT::Install-Recommends "false"', f"--include={_DEBIAN_PACKAGES}", *excluded,
                f"--dpkgopt=path-include={_LICENCES}", "bookworm", rootfs, log=OUT / "debian-python.log",
            )  # fmt: skip
            container = buildah("from", "scratch")
            try:
                buildah("add", container, rootfs)
                buildah("config", f"--env=PATH={_PATH}", container)
                buildah("commit", f"--timestamp={self._timestamp}", container, _DEBIAN)
            finally:
                buildah("rm", container)
        return _DEBIAN


if __name__ == "__main__":
    main()
