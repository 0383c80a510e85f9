"""How cameras name what they upload: templates of paths, in which identity and time are marked. Pure.

A template is a path with fields in braces and times as in strftime:

    {serial}/%Y-%m-%d/{channel}/jpg/%H/%M/%S[{event}][{any}][{part}].jpg

It is compared with the end of a path, folder by folder, letters in either case. Whatever folders stand before it may
identify the camera as well.

Fields that identify: {serial}, {mac}, {ip}, {name}. Fields that are read over: {channel}, {event}, {sequence}, {any}.
{phase} is pre, trg or pos(t): before, at or after the trigger. {part} is a number: 0 is the picture, and any other a cut-out of it.
Times: %Y %m %d %H %M %S, %f for fractions of a second (1 to 6 digits), %s for seconds since 1970 in UTC.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

ANY: Final = "any"
# One name, one or several forms. The first form that fits is taken.
VENDORS: Final[dict[str, tuple[str, ...]]] = {
    "hikvision": (
        "{ip}_{channel}_%Y%m%d%H%M%S%f_{event}.jpg",
        "{name}_{serial}_%Y%m%d%H%M%S%f_{event}.jpg",
    ),
    # Amcrest and Intelbras are made by Dahua.
    "dahua": (
        "{serial}/%Y-%m-%d/{channel}/jpg/%H/%M/%S[{event}][{any}][{part}].jpg",
        "{serial}/%Y-%m-%d/{channel}/jpg/%H/%M.%S[{event}][{any}][{part}].jpg",
        "{serial}/{any}/%Y-%m-%d_{channel}_%H.%M.%S-{any}[{event}][{any}][{part}].jpg",
    ),
    "geovision": ("{mac}/{any}/{any}/{any}/{event}_%Y-%m-%d-%H-%M-%S-%f_{sequence}.jpg",),
    "foscam": ("{any}_{mac}/snap/{event}_%Y%m%d-%H%M%S.jpg",),
    "acti": ("{any}_%Y-%m-%d/{any}_%H%M%S_%f_{channel}.jpg",),
    "axis": (
        "{mac}_%Y%m%d%H%M%S%f_{sequence}.jpg",
        "{ip}_%Y%m%d%H%M%S%f_{sequence}.jpg",
        "{name}_%Y%m%d%H%M%S%f_{sequence}.jpg",
        "{mac}_%s_{sequence}.jpg",
    ),
    "reolink": ("{name}_{channel}_%Y%m%d%H%M%S.jpg",),
    # Last, since its later forms fit many cameras' names.
    "vivotek": (
        "{name}_%Y%m%d%H%M%S_{sequence}_{phase}.jpg",
        "{name}_%Y%m%d_%H%M%S.jpg",
        "{name}_%Y%m%d%H%M%S.jpg",
    ),
}
# Amcrest and Intelbras are known under their own names as well.
_ALIASES: Final = {"amcrest": "dahua", "intelbras": "dahua"}
PATTERN_NAMES: Final = (ANY, *sorted((*VENDORS, *_ALIASES)))

_IDENTITIES: Final = ("serial", "mac", "ip", "name")
_FIELDS: Final = {
    "serial": r"[0-9A-Za-z][0-9A-Za-z_-]{3,63}?",
    "mac": r"[0-9A-Fa-f]{2}(?:[:-]?[0-9A-Fa-f]{2}){5}",
    "ip": r"\d{1,3}(?:\.\d{1,3}){3}",
    "name": r"[^/]{1,64}?",
    "channel": r"(?:ch)?\d{1,4}",
    "event": r"[^/\[\]]{0,64}?",
    "sequence": r"\d{1,10}",
    "any": r"[^/]{0,64}?",
    "phase": r"pre|trg|post?",
    "part": r"\d{1,3}",
}
_TIMES: Final = {
    "Y": r"\d{4}",
    "m": r"\d{2}",
    "d": r"\d{2}",
    "H": r"\d{2}",
    "M": r"\d{2}",
    "S": r"\d{2}",
    "f": r"\d{1,6}",
    "s": r"\d{9,11}",
}
_TIME_NAMES: Final = " ".join(f"%{letter}" for letter in _TIMES)
_TOKEN: Final = re.compile(r"\{(\w*)\}|%(.)")
_NAMED: Final = (*_IDENTITIES, "phase", "part")
_RESERVED: Final = frozenset("{}%")
# What is compared; longer paths are cut at the front.
_MAX_PATH_LETTERS: Final = 512
# A clock that shows another year was never set.
YEARS: Final = range(2001, 2100)
# Fields of no fixed length. Each may be cut in 64 ways, and so the ways multiply: a path must be read in milliseconds.
_WILDCARDS: Final = frozenset({"serial", "name", "event", "any"})
_MAX_WILDCARDS: Final = 3
_MAC: Final = re.compile(_FIELDS["mac"])


class PatternError(ValueError):
    """A template that means nothing."""


@dataclass(frozen=True, slots=True)
class PathFacts:
    """What a path says.

    Args:
        identifiers: what may identify the camera, normalised, the surest first.
        taken_at: when the photo was taken: without a time zone as the camera's clock shows it, or in UTC.
        is_cut_out: it is a cut-out of another photo.
        is_off_trigger: it was taken before or after the one of the trigger.
        pattern: the pattern that fits; empty where none does.
        named: what the pattern says of the camera, as it is written; empty where it says nothing.
    """

    identifiers: tuple[str, ...]
    taken_at: datetime | None = None
    is_cut_out: bool = False
    is_off_trigger: bool = False
    pattern: str = ""
    named: str = ""


def normalise(identifier: str) -> str:
    """An identifier as it is compared: letters in lower case, a MAC address without its separators."""
    text = identifier.strip().casefold()
    return re.sub(r"[:-]", "", text) if _MAC.fullmatch(text) else text


def templates(pattern: str) -> tuple[str, ...]:
    """The templates that a pattern stands for: a vendor's, all vendors' (`any`), or the one that it is itself.

    Raises:
        PatternError: it is neither a name nor a template.
    """
    if pattern == ANY:
        return tuple(template for forms in VENDORS.values() for template in forms)
    if forms := VENDORS.get(_ALIASES.get(pattern, pattern)):
        return forms
    if not _TOKEN.search(pattern):
        raise PatternError(
            f"'{pattern}' is neither one of {', '.join(PATTERN_NAMES)} nor a template like {{mac}}_%s.jpg"
        )
    compiled(pattern)
    return (pattern,)


@lru_cache(maxsize=1024)
def compiled(template: str) -> re.Pattern[str]:
    """The expression that a template stands for.

    Raises:
        PatternError: it has a field or a time that does not exist, or one that counts twice.
    """
    seen: set[str] = set()
    *folders, name = [_folder(template, folder, seen) for folder in template.split("/")]
    if name.endswith(r"\.jpg"):
        name = name.removesuffix(r"\.jpg") + r"\.jpe?g"
    # Atomic: how one folder is read has nothing to do with how the next one is.
    return re.compile(f"(?:.*/)?{''.join(f'(?>{folder}/)' for folder in folders)}{name}", re.IGNORECASE | re.ASCII)


def _folder(template: str, folder: str, seen: set[str]) -> str:
    """The expression for one folder of a template, or for the name; adds the fields that count to `seen`."""
    parts: list[str] = []
    wildcards, at, after_wildcard = 0, 0, False
    for token in _TOKEN.finditer(folder):
        literal = folder[at : token.start()]
        at = token.end()
        field, time = token.groups()
        expression = _FIELDS.get(field) if time is None else _TIMES.get(time)
        if expression is None or set(literal) & _RESERVED:
            raise PatternError(
                f"'{token[0]}' in '{template}' means nothing; fields are {', '.join(_FIELDS)}, times {_TIME_NAMES}"
            )
        is_wildcard = time is None and field in _WILDCARDS
        wildcards += is_wildcard
        if wildcards > _MAX_WILDCARDS or (is_wildcard and after_wildcard and not literal):
            raise PatternError(
                f"'{template}' can be read in too many ways: between slashes there may be {_MAX_WILDCARDS} of "
                f"{', '.join(sorted(_WILDCARDS))}, with something between them"
            )
        after_wildcard = is_wildcard
        parts += [re.escape(literal), _group(template, time or field, expression, seen)]
    if set(folder[at:]) & _RESERVED:
        raise PatternError(f"'{folder[at:]}' in '{template}' means nothing: braces stand around fields, % before times")
    return "".join(parts) + re.escape(folder[at:])


def _group(template: str, name: str, expression: str, seen: set[str]) -> str:
    """The expression of a field or a time; those that count have names, and are there once."""
    if name in _FIELDS and name not in _NAMED:
        return f"(?:{expression})"
    if name in seen:
        raise PatternError(f"'{name}' is there twice in '{template}'")
    seen.add(name)
    return f"(?P<{name}>{expression})"


def read_path(path: str, patterns: Iterable[str]) -> PathFacts:
    """What a path says, by the first pattern that fits.

    Args:
        path: as uploaded, folders included.
        patterns: names or templates.
    """
    path = path[-_MAX_PATH_LETTERS:]
    folders = [folder for folder in path.split("/")[:-1] if folder]
    for pattern in patterns:
        for template in templates(pattern):
            match = compiled(template).fullmatch(path)
            if match is None:
                continue
            found = match.groupdict()
            try:
                taken_at = _time(found)
            except (ValueError, OverflowError):  # 25 o'clock: it was another pattern
                continue
            identifiers = [value for name in _IDENTITIES if (value := found.get(name))]
            return PathFacts(
                _normalised([*identifiers, *reversed(folders)]),
                taken_at,
                is_cut_out=int(found.get("part") or 0) != 0,
                is_off_trigger=(found.get("phase") or "trg").lower() != "trg",
                pattern=_name(template),
                named=identifiers[0] if identifiers else "",
            )
    return PathFacts(_normalised(reversed(folders)))


def _name(template: str) -> str:
    """A built-in template's vendor, or the template itself."""
    return next((vendor for vendor, forms in VENDORS.items() if template in forms), template)


def _normalised(identifiers: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normalise(identifier) for identifier in identifiers))


def _time(found: dict[str, str | None]) -> datetime | None:
    """The time that the fields say; None where they say none, or a camera's clock was never set."""
    if seconds := found.get("s"):
        taken_at = datetime.fromtimestamp(int(seconds), UTC)
    else:
        digits = [found.get(letter) for letter in "YmdHMS"]
        if None in digits:
            return None
        fraction = (found.get("f") or "0").ljust(6, "0")
        taken_at = datetime(*(int(digit or 0) for digit in (*digits, fraction)))  # type: ignore[arg-type] # noqa: DTZ001
    return taken_at if taken_at.year in YEARS else None
