"""Releases to put into service: nets like those in service, but for what shows which of them has answered."""

from pathlib import Path

import safetensors.numpy

from models.export.release import write_release
from models.predict.classifier import AGE_GENDER, EXPRESSION
from models.registry import CARDS_DIR, WEIGHTS_DIR
from models.release import RELEASE_FILE, Release, read, released, to_toml


def pair_release(folder: Path, name: str, years_older: float = 0.0) -> Release:
    """The nets that come with the code, as a release.

    Args:
        folder: to be made.
        name: of the release.
        years_older: what is added to the ages of everybody over 13.
    """
    cards = []
    for net in (AGE_GENDER, EXPRESSION):
        text = (CARDS_DIR / f"{net}.toml").read_text()
        changed = text.replace("\noffset = 0\n", f"\noffset = {years_older}\n")
        cards.append(folder.parent / f"{name}-{net}.toml")
        cards[-1].write_text(changed)
    return write_release(folder, name, cards, WEIGHTS_DIR, "a test")


def rewrite(folder: Path, **changes: object) -> Release:
    """Write a release.toml that fits the files as they are now."""
    release, _ = read(folder)
    files = tuple(released(path) for path in sorted(folder.iterdir()) if path.name != RELEASE_FILE)
    changed = release.model_copy(update={"files": files, **changes})
    (folder / RELEASE_FILE).write_text(to_toml(changed))
    return changed


def change_self_test(folder: Path) -> None:
    """Let a release expect of its nets what they do not say."""
    file = folder / "self_test.safetensors"
    tensors = safetensors.numpy.load(file.read_bytes())
    tensors |= {name: tensor + 1 for name, tensor in tensors.items() if name.endswith("age_years")}
    file.write_bytes(safetensors.numpy.save(tensors))
