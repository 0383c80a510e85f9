"""Whether every photo is where it should be, and nothing else is left. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.chaos.footprint import Footprint

MIB: Final = 1 << 20
# What a program may hold more of than before: connections that are kept for a while, caches that fill up.
_MORE_FILES: Final = 40
_MORE_MEMORY: Final = 150 * MIB
_MORE_CONNECTIONS: Final = 6
# Its garbage collector lets it grow to a limit that it is given (services/standalone/adapters/seaweedfs.py), and somewhat more.
_MOST_MEMORY: Final = {"seaweedfs": (512 + 128) * MIB}
# Open files of Postgres are its backends' caches; its connections are counted instead.
_FILES_VARY: Final = frozenset({"postgres"})


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter.

    Args:
        photo: whose it is; empty where that cannot be read.
        on_purpose: it is nonsense that was sent to see it die.
    """

    stage: str
    reason: str
    photo: str
    on_purpose: bool


@dataclass(frozen=True, slots=True)
class Tallies:
    """What was counted, in each way that it is counted.

    Args:
        faces: rows of faces that count.
        visitors: sums of tallies, by table and kind of place.
        photos: rows of photos.
        uploads: sums of what became of uploads, by table.
    """

    faces: int
    visitors: Mapping[str, int]
    photos: int
    uploads: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Held:
    """What the machine holds at a quiet moment."""

    programs: Mapping[str, Footprint]
    connections: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found when all was over.

    Args:
        acknowledged: photos that a camera was told 226 for.
        objects: how often each photo is in the store; a photo that was sent again may have been dated anew.
        damaged: objects that are not what their names say.
        rows: how often each photo is in the database.
        waiting: messages that still wait, by stream and consumer.
        left_over: processes and files that nobody needs any more.
        unwanted: what happened that should not have, such as cameras that noticed what they should not.
    """

    acknowledged: Collection[str]
    objects: Mapping[str, int]
    damaged: Sequence[str]
    rows: Mapping[str, int]
    tallies: Tallies
    letters: Sequence[Letter]
    waiting: Mapping[str, int]
    before: Held
    after: Held
    left_over: Sequence[str] = ()
    unwanted: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of it.

    Args:
        lost: photos that were acknowledged and are not in the store, or not counted.
        doubled: times that a photo was counted too often.
        dead_letters: by where they died and why.
        unacknowledged: photos in the store whose cameras do not know that they are kept.
        faults: everything that is wrong, a sentence each.
    """

    acknowledged: int
    counted: int
    lost: int
    doubled: int
    dead_letters: Mapping[str, int]
    unacknowledged: int
    faults: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Nothing is wrong."""
        return not (self.lost or self.doubled or self.faults)


def judge(evidence: Evidence) -> Verdict:
    """Compare what should be with what is."""
    acknowledged = set(evidence.acknowledged)
    not_stored = acknowledged - evidence.objects.keys()
    not_counted = acknowledged - evidence.rows.keys()
    too_few, too_many = _apart(evidence.tallies)
    faults = []
    if not_stored:
        faults.append(f"{len(not_stored)} acknowledged photos are not in the store: {_some(not_stored)}")
    if not_counted:
        faults.append(f"{len(not_counted)} acknowledged photos are not counted: {_some(not_counted)}")
    if missing := evidence.rows.keys() - evidence.objects.keys():
        faults.append(f"{len(missing)} photos are counted and not in the store: {_some(missing)}")
    faults += [f"{one} is not what its name says" for one in evidence.damaged]
    faults += _wrong_sums(evidence.tallies)
    unexplained = [letter for letter in evidence.letters if not _is_explained(letter, evidence.rows)]
    faults += [f"a letter died at {letter.stage}: {letter.reason} ({letter.photo})" for letter in unexplained]
    faults += [f"{count} messages wait at {where}" for where, count in evidence.waiting.items() if count]
    faults += leaks(evidence.before, evidence.after)
    return Verdict(
        acknowledged=len(acknowledged),
        counted=len(evidence.rows),
        lost=len(not_stored | not_counted) + too_few,
        doubled=sum(count - 1 for count in evidence.rows.values()) + too_many,
        dead_letters=Counter(f"{letter.stage}: {letter.reason}" for letter in evidence.letters),
        unacknowledged=len(evidence.objects.keys() - acknowledged),
        faults=[*faults, *evidence.left_over, *evidence.unwanted],
    )


def leaks(before: Held, after: Held) -> list[str]:
    """What programs hold more of than a machine that has done the same without faults."""
    found = [f"{name} does not run" for name in sorted(before.programs.keys() - after.programs.keys())]
    for name in sorted(before.programs.keys() & after.programs.keys()):
        was, now = before.programs[name], after.programs[name]
        if name not in _FILES_VARY and now.processes > was.processes:
            found.append(f"{name} has {now.processes} processes, {was.processes} before")
        if name not in _FILES_VARY and now.files > was.files + _MORE_FILES:
            found.append(f"{name} has {now.files} files open, {was.files} before")
        if now.memory > _MOST_MEMORY.get(name, was.memory + _MORE_MEMORY):
            found.append(f"{name} takes {now.memory // MIB} MiB, {was.memory // MIB} before")
    if after.connections > before.connections + _MORE_CONNECTIONS:
        found.append(f"Postgres has {after.connections} connections, {before.connections} before")
    return found


def _is_explained(letter: Letter, rows: Collection[str]) -> bool:
    """It was sent to die, or its message was delivered too often and did its work all the same."""
    return letter.on_purpose or letter.photo in rows


def _apart(tallies: Tallies) -> tuple[int, int]:
    """How many photos too few were tallied at most, and how many too many."""
    apart = [count - tallies.photos for count in tallies.uploads.values()]
    return max(0, *(-each for each in apart)), max(0, *apart)


def _wrong_sums(tallies: Tallies) -> list[str]:
    visitors = [
        f"{where} has {count} visitors, there are {tallies.faces} faces"
        for where, count in tallies.visitors.items()
        if count != tallies.faces
    ]
    uploads = [
        f"{where} has {count} photos, there are {tallies.photos}"
        for where, count in tallies.uploads.items()
        if count != tallies.photos
    ]
    return visitors + uploads


def _some(ids: Collection[str]) -> str:
    return ", ".join(sorted(ids)[:5])
