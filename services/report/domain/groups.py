"""Groups of shops that people make for themselves, to see as one place."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Of fewer shops, the numbers of a group would be those of one shop to whoever knows the others.
FEWEST_SHOPS: Final = 3
MOST_SHOPS: Final = 50
_LONGEST_NAME: Final = 60
_LONGEST_SLUG: Final = 50


class GroupError(Exception):
    """What was asked for cannot be. The message is a sentence without a full stop, for whoever asked."""


@dataclass(frozen=True, slots=True)
class GroupDraft:
    """A group as somebody describes it.

    Args:
        shops: short names of its shops, each once, sorted.
        shared: whether everybody may use it. Its numbers go only to those who may see all of its shops.
    """

    name: str
    shops: tuple[str, ...]
    shared: bool = False


@dataclass(frozen=True, slots=True)
class ShopGroup:
    """A group that there is.

    Args:
        slug: its short name.
        owner_id: who made it.
        shops: short names of its shops, sorted, as far as whoever asks may see them.
        is_whole: whether they may see all of them; if not, there are no numbers of it for them.
    """

    slug: str
    name: str
    owner_id: int
    shared: bool
    shops: tuple[str, ...]
    is_whole: bool = True


def draft_group(name: str, shops: Iterable[str], *, shared: bool) -> GroupDraft:
    """A group as it is kept.

    Args:
        name: what people call it; blanks and unprintable letters are tidied up.
        shops: short names of shops, in any order.
        shared: whether everybody may use it.

    Raises:
        GroupError: it has no name, or too few shops to hide one of them, or too many.
    """
    tidy = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
    chosen = tuple(sorted(set(shops)))
    if not tidy:
        raise GroupError("A group needs a name")
    if len(tidy) > _LONGEST_NAME:
        raise GroupError(f"A name has {_LONGEST_NAME} letters at most")
    if len(chosen) < FEWEST_SHOPS:
        raise GroupError(f"A group has {FEWEST_SHOPS} shops at least, so that it does not show one of them")
    if len(chosen) > MOST_SHOPS:
        raise GroupError(f"A group has {MOST_SHOPS} shops at most")
    return GroupDraft(tidy, chosen, shared)


def group_slug(name: str, number: int) -> str:
    """A short name for a group: "Bahnhöfe Süd" is bahnhofe-sud, and the next one so called bahnhofe-sud-2.

    Args:
        name: its name.
        number: from 1, until the short name is free.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_SLUG].strip("-") or "group"
    return slug if number == 1 else f"{slug}-{number}"


def may_change(group: ShopGroup, person_id: int, *, is_admin: bool) -> bool:
    """Whether somebody may change or delete a group: its owner, and an admin where everybody uses it."""
    return group.owner_id == person_id or (group.shared and is_admin)
