"""Logins: what proves that a camera is the one, and who may share it. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.common.cameras.path_patterns import normalise
from services.estate.domain.lines import CameraLine, EstateError

_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Login:
    """What proves that a camera is the one. The secret itself is nowhere kept."""

    login: str
    salt: bytes
    secret_sha256: bytes


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A camera's login as it is typed into the camera. Shown once."""

    camera: str
    login: str
    secret: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to.

    Args:
        cameras: listed.
        new: what to type into the cameras that have a new login.
        changed: whether anything was not so before.
    """

    cameras: int
    new: tuple[NewSecret, ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class Sharer:
    """A registered camera whose login others may use as well.

    Args:
        catch_all: not a camera: what photos are counted for that are recognised as no camera's.
    """

    login: str
    shop: str
    camera: str
    identifiers: Sequence[str]
    catch_all: bool


def check_sharers(sharers: Iterable[Sharer]) -> None:
    """See that the cameras of each shared login are in one shop, and can be told from each other.

    Raises:
        EstateError: naming all that is wrong.
    """
    shops: dict[str, set[str]] = {}
    called: dict[tuple[str, str], dict[str, str]] = {}
    for sharer in sharers:
        shops.setdefault(sharer.login, set()).add(sharer.shop)
        if not sharer.catch_all:
            for identifier in (sharer.camera, *sharer.identifiers):
                called.setdefault((sharer.login, normalise(identifier)), {}).setdefault(sharer.camera, identifier)
    faults = [
        f"login {login} would be used in more than one shop: give the cameras of each a login of their own"
        for login, places in shops.items()
        if len(places) > 1
    ]
    faults += [
        f"{min(cameras.values())} would mean both {' and '.join(cameras)}, which share the login {login}"
        for (login, _), cameras in called.items()
        if len(cameras) > 1
    ]
    if faults:
        raise EstateError(faults)


def new_secrets(lines: Iterable[CameraLine], secrets: Mapping[str, str]) -> tuple[NewSecret, ...]:
    """What to type into the cameras, for the logins that are new.

    Args:
        lines: all cameras.
        secrets: by login.
    """
    return tuple(
        NewSecret(line.camera, line.login_name, secrets[line.login_name])
        for line in lines
        if line.login_name in secrets
    )


def new_login(login: str, random: bytes, secret: str) -> Login:
    """What is kept of a secret.

    Args:
        login: slug.
        random: 16 random bytes.
        secret: 128 random bits as text, so that one fast hash is enough.
    """
    if len(random) != _SALT_BYTES:
        raise ValueError(f"a salt has {_SALT_BYTES} bytes")
    return Login(login, random, hashlib.sha256(random + secret.encode()).digest())
