"""Cut one of two cells off from headquarters while photos come in both, and see that every one is counted exactly once.

What happens is said on standard error. The last line is JSON, on standard output. It ends with 0 where no photo was lost, counted twice
or in a store that is not its cell's, and with 1 otherwise.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.cells.cutting import Story, cut_off
from bench.cells.places import running_places
from services.demo.domain import PHOTOS

_CELLS: Final = ("europe", "asia")
console = Console(stderr=True, highlight=False)


def main() -> None:
    """Do it, and say how it ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cut", type=float, default=60.0, help="for how long, seconds")
    parser.add_argument("--rate", type=float, default=2.0, help="photos a second and cell")
    asked = parser.parse_args()
    photo = next(photo for photo in PHOTOS if photo.faces == 1)
    content = Path("demo_photos", photo.name).read_bytes()
    folder = Path(tempfile.mkdtemp(prefix="cells-", dir="build")).resolve()
    try:
        story = asyncio.run(_run(folder, content, photo.faces, asked.cut, asked.rate))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({**asdict(story), "complete_after_s": round(story.complete_after_s, 1)}))
    sys.exit(0 if story.is_good else 1)


async def _run(folder: Path, photo: bytes, faces: int, cut_s: float, per_second: float) -> Story:
    began = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.0f} s[/] {line}", soft_wrap=True)

    async with running_places(folder, _CELLS) as places:
        say("Headquarters and two cells are ready.")
        return await cut_off(places, _CELLS[0], photo, faces, cut_s=cut_s, per_second=per_second, say=say)


if __name__ == "__main__":
    main()
