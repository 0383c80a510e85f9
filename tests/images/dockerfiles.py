"""What a Dockerfile says, as far as tests ask."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from scripts.images.catalogue import ROOT


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; `words` are what follows its name, variables as they stand."""

    name: str
    words: tuple[str, ...]


def instructions(dockerfile: Path) -> list[Instruction]:
    """All instructions in their order, without comments."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return [Instruction(name, tuple(shlex.split(rest))) for name, rest in found]


def copied(dockerfile: Path) -> list[str]:
    """Sources in the repository that go into an image, patterns as they stand."""
    return [
        source
        for instruction in instructions(dockerfile)
        if instruction.name == "COPY" and not any(word.startswith("--from") for word in instruction.words)
        for source in instruction.words[:-1]
    ]


def files(source: str) -> set[Path]:
    """The files of a source, relative to the repository."""
    found = set()
    for path in ROOT.glob(source):
        found |= {one for one in path.rglob("*") if one.is_file()} if path.is_dir() else {path}
    return {path.relative_to(ROOT) for path in found}
