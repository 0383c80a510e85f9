"""Which images there are, and how large each may be."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCUMENT: Final = ROOT / "docs" / "images.md"
# What the load test's image sends; its Dockerfile copies them.
LOAD_PHOTOS: Final = ROOT / "build" / "load" / "photos"
# Modules of the images that are none of a service.
_MODULES: Final = {"loadtest": "loadtest.locustfile", "operator": "services.cli"}
_HAS_VARIANTS: Final = re.compile(r"^ARG DEVICE=cpu$", re.MULTILINE)
# | `ingest` | 250 MB | ...
_BUDGET: Final = re.compile(r"^\| `([a-z-]+)` \| ([\d,]+) MB \|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Image:
    """One image.

    Args:
        name: without the repository: facetally/NAME.
        dockerfile: what it is built from.
        device: of an image that there is for several; None where there is one for all.
    """

    name: str
    dockerfile: Path
    device: str | None = None

    @property
    def requirements(self) -> Path:
        """The list of its packages."""
        stem = f"{self.dockerfile.parent.name}-{self.device}" if self.device else self.name
        return ROOT / "k8s" / "images" / "requirements" / f"{stem}.txt"

    @property
    def module(self) -> str:
        """What is started in it."""
        return _MODULES.get(self.name, f"services.{self.dockerfile.parent.name}.__main__")

    @property
    def ignored(self) -> Path:
        """What says which files Docker and buildah see: one beside the Dockerfile, or else the root's."""
        own = self.dockerfile.with_name(f"{self.dockerfile.name}.dockerignore")
        return own if own.exists() else ROOT / ".dockerignore"

    @property
    def later(self) -> tuple[str, ...]:
        """Modules that it imports when it is asked to run on its device."""
        return ("models.architectures.catalogue", "models.runtime.torch_runtime") if self.device == "cuda" else ()


def images() -> list[Image]:
    """All images, those for CUDA last. Each folder of a service with a Dockerfile gives one, or one for each device."""
    ours, for_cuda = [], []
    others = [ROOT / "k8s" / "images" / "operator" / "Dockerfile", ROOT / "loadtest" / "Dockerfile"]
    for dockerfile in sorted([*ROOT.glob("services/*/Dockerfile"), *others]):
        name = dockerfile.parent.name
        if _HAS_VARIANTS.search(dockerfile.read_text()):
            ours.append(Image(name, dockerfile, "cpu"))
            for_cuda.append(Image(f"{name}-cuda", dockerfile, "cuda"))
        else:
            ours.append(Image(name, dockerfile))
    return [*ours, *for_cuda]


def budgets(document: str) -> dict[str, int]:
    """How large each image may be, MB (millions of bytes) of files, as the table in docs/images.md says."""
    return {name: int(size.replace(",", "")) for name, size in _BUDGET.findall(document)}
