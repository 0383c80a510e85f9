"""Import an estate into the registry, and tell the cells."""

from collections.abc import Sequence
from typing import Protocol

from facetally.v1.estate_pb2 import CameraLogin

from services.estate.domain import CameraLine, Imported, Login, NewSecret, new_login


class Registry(Protocol):
    """Where regions, cities, shops and cameras are kept."""

    async def known_cameras(self) -> set[str]:
        """Slugs of all cameras."""
        ...

    async def save(self, lines: Sequence[CameraLine], logins: Sequence[Login]) -> bool:
        """Keep all lines, and the logins of the new cameras, in one step; whether anything changed."""
        ...

    async def logins(self) -> list[CameraLogin]:
        """What cells need to know, of all cameras."""
        ...


class LoginBoard(Protocol):
    """Where cells read the logins."""

    async def post(self, logins: Sequence[CameraLogin]) -> None:
        """Make the board say exactly this."""
        ...


class Chance(Protocol):
    """Where random things come from."""

    def salt(self) -> bytes:
        """16 random bytes."""
        ...

    def secret(self) -> str:
        """128 random bits as text that a person can type."""
        ...


async def import_estate(lines: Sequence[CameraLine], registry: Registry, chance: Chance) -> Imported:
    """Keep an estate, and give new cameras a login; `publish` then tells the cells. Doing it again changes nothing.

    Raises:
        TransientError: the registry is away; nothing was kept.
    """
    known = await registry.known_cameras()
    new = [
        NewSecret(line.camera, login=line.camera, secret=chance.secret()) for line in lines if line.camera not in known
    ]
    logins = [new_login(secret.camera, chance.salt(), secret.secret) for secret in new]
    changed = await registry.save(lines, logins)
    return Imported(cameras=len(lines), new=tuple(new), changed=changed)


async def publish(registry: Registry, board: LoginBoard) -> int:
    """Tell the cells all logins; how many there are.

    Raises:
        TransientError: the registry or the board is away. Publishing again is safe.
    """
    logins = await registry.logins()
    await board.post(logins)
    return len(logins)
