"""python -m models.evaluation.fit: whether a release's nets load, and say of the faces of its self-test what they should."""

import sys
from pathlib import Path

import typer

from models.predict.releases import load_release
from models.release import ReleaseError, read


def main(folder: Path) -> None:
    """End with status 1 and a sentence where they do not."""
    try:
        _, sha256 = read(folder)
        load_release(folder, sha256)
    except ReleaseError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    typer.run(main)
