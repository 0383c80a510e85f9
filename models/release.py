"""A release: the nets that go into service together, with all that must be known of them, in files that never change.

It is a folder: release.toml, which has the digests of all other files; the nets' cards; their weights as safetensors, and as
OpenVINO runs them; and what they must say of a few faces. Nothing in it is code, and nothing is a pickle.
"""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from models.registry import Accuracy, Card, Digest, Text, TrainedCard

RELEASE_FILE: Final = "release.toml"
SELF_TEST_FILE: Final = "self_test.safetensors"
MAX_RELEASE_FILE_BYTES: Final = 1 << 18
_MAX_FILES: Final = 64
_MAX_BYTES: Final = 1 << 29
# A name, and no path: nothing leads out of the release's folder.
_FILE_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]*\.(toml|safetensors|xml|bin)$"
# Further off than this nets are not the same nets.
_MOST_YEARS_OFF: Final = 2.0
_MOST_PROBABILITY_OFF: Final = 0.1
_NETS: Final = {"pair": 2, "multitask": 1}

_CARD: Final = TypeAdapter[Card](Card | TrainedCard)

NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"
# The name of the nets that come with the code.
RESERVED_NAME: Final = "built-in"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
# What was wrong: its files are not those that were released; they are no nets of ours; the nets say something else.
Reason = Literal["damaged", "unfit", "self_test"]


class ReleaseError(Exception):
    """It is no release that could be put into service.

    Args:
        reason: fit for a metric label.
        message: a clause.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReleasedFile(_Frozen):
    """One file."""

    path: Annotated[str, Field(pattern=_FILE_PATTERN)]
    size_bytes: Annotated[int, Field(ge=1, le=_MAX_BYTES)]
    sha256: Digest


class Tolerance(_Frozen):
    """How far estimates may be from those that the exporter has measured: processors round differently."""

    age_years: Annotated[float, Field(gt=0, le=_MOST_YEARS_OFF)]
    probability: Annotated[float, Field(gt=0, le=_MOST_PROBABILITY_OFF)]


class Release(_Frozen):
    """What release.toml says.

    Args:
        name: of the release; it is given once.
        kind: "pair": a net for age and gender, and one for emotion; "multitask": one net for all three.
        made_at: when, with its time zone.
        made_from: what: a dataset, a run of training, in words.
        nets: names of the nets' cards, in the order of the kind.
        tolerance: of the self-test.
        figures: how right it is, as it was measured.
        files: all of them but release.toml.
    """

    name: Name
    kind: Literal["pair", "multitask"]
    made_at: AwareDatetime
    made_from: Text
    nets: tuple[Name, ...]
    tolerance: Tolerance
    figures: tuple[Accuracy, ...] = ()
    files: Annotated[tuple[ReleasedFile, ...], Field(min_length=1, max_length=_MAX_FILES)]

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.name == RESERVED_NAME:
            raise ValueError(f"{RESERVED_NAME} is the name of the nets that come with the code")
        if len(self.nets) != _NETS[self.kind]:
            raise ValueError(f"a release of the kind {self.kind} has {_NETS[self.kind]} nets")
        paths = [file.path for file in self.files]
        if len(set(paths)) != len(paths) or RELEASE_FILE in paths:
            raise ValueError("every file is named once")
        missing = {SELF_TEST_FILE, *(f"{net}.toml" for net in self.nets)} - set(paths)
        if missing:
            raise ValueError(f"these files are missing: {', '.join(sorted(missing))}")
        if sum(file.size_bytes for file in self.files) > _MAX_BYTES:
            raise ValueError(f"a release has {_MAX_BYTES} bytes at most")
        return self


def parse(text: bytes) -> Release:
    """What a release.toml says.

    Raises:
        ReleaseError: it makes no sense.
    """
    try:
        return Release.model_validate(tomllib.loads(text.decode()))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ReleaseError("unfit", f"{RELEASE_FILE}: {where}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise ReleaseError("unfit", f"{RELEASE_FILE} is no TOML") from error


def to_toml(release: Release) -> str:
    """A release.toml."""
    lines = ["# A release of models: it never changes, and has the digests of its files. models/release.py reads it."]
    lines += [f"{name} = {json.dumps(getattr(release, name))}" for name in ("name", "kind", "made_from")]
    lines += [f"made_at = {release.made_at.isoformat()}", f"nets = {json.dumps(release.nets)}", "", "[tolerance]"]
    lines += [f"{name} = {value}" for name, value in release.tolerance]
    for table, rows in (("figures", release.figures), ("files", release.files)):
        for row in rows:
            lines += ["", f"[[{table}]]", *(f"{name} = {json.dumps(value)}" for name, value in row)]
    return "\n".join(lines) + "\n"


def read(folder: Path) -> tuple[Release, str]:
    """The release in a folder, and the SHA-256 of its release.toml. Its other files may be anything: see `check`.

    Raises:
        ReleaseError: there is none.
    """
    try:
        with (folder / RELEASE_FILE).open("rb") as file:
            text = file.read(MAX_RELEASE_FILE_BYTES + 1)
    except OSError as error:
        raise ReleaseError("damaged", f"{RELEASE_FILE} cannot be read") from error
    if len(text) > MAX_RELEASE_FILE_BYTES:
        raise ReleaseError("unfit", f"{RELEASE_FILE} has more than {MAX_RELEASE_FILE_BYTES} bytes")
    return parse(text), hashlib.sha256(text).hexdigest()


def check_file(file: ReleasedFile, data: bytes) -> None:
    """See that a file is the one that was released.

    Raises:
        ReleaseError: it is another one.
    """
    if len(data) != file.size_bytes or hashlib.sha256(data).hexdigest() != file.sha256:
        raise ReleaseError("damaged", f"{file.path} is not the file that was released")


def check(folder: Path, release: Release) -> None:
    """See that all files are the ones that were released.

    Raises:
        ReleaseError: one is another one, or missing.
    """
    for file in release.files:
        try:
            check_file(file, (folder / file.path).read_bytes())
        except OSError as error:
            raise ReleaseError("damaged", f"{file.path} cannot be read") from error


def released(path: Path) -> ReleasedFile:
    """What a release.toml says of a file."""
    data = path.read_bytes()
    return ReleasedFile(path=path.name, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def read_cards(folder: Path, release: Release) -> tuple[Card, ...]:
    """The cards of its nets, in their order.

    Raises:
        ReleaseError: one is none, or another net's.
    """
    return tuple(_card(folder, net) for net in release.nets)


def parse_card(text: str) -> Card:
    """The card of a net, whether it was converted or trained here.

    Raises:
        ValueError: it is none.
    """
    return _CARD.validate_python(tomllib.loads(text))


def _card(folder: Path, net: str) -> Card:
    try:
        card = parse_card((folder / f"{net}.toml").read_text())
    except (OSError, ValueError) as error:  # a ValidationError is a ValueError
        raise ReleaseError("unfit", f"{net}.toml is no card") from error
    if card.name != net:
        raise ReleaseError("unfit", f"{net}.toml is the card of {card.name}")
    return card
