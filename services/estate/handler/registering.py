"""Keep the registry, and tell the cells."""

from collections.abc import Mapping, Sequence

from services.estate.domain import (
    CameraLine,
    EstateError,
    Imported,
    NewSecret,
    new_login,
    new_secrets,
    with_camera,
)
from services.estate.handler.ports import Board, Chance, Registry


async def import_estate(lines: Sequence[CameraLine], registry: Registry, chance: Chance) -> Imported:
    """Keep an estate, and make the logins that are new; `publish` then tells the cells. Doing it again changes nothing.

    Raises:
        EstateError: it contradicts what is registered; nothing was kept.
        TransientError: the registry is away; nothing was kept.
    """
    known = await registry.known_logins()
    names = dict.fromkeys(line.login_name for line in lines)
    secrets = {name: chance.secret() for name in names if name not in known}
    logins = [new_login(name, chance.salt(), secret) for name, secret in secrets.items()]
    changed = await registry.save(lines, logins)
    return Imported(cameras=len(lines), new=new_secrets(lines, secrets), changed=changed)


async def add_camera(shop: str, values: Mapping[str, str], registry: Registry, chance: Chance) -> Imported:
    """Register a further camera of a shop.

    Raises:
        EstateError: there is no such shop, there is such a camera, or a value is wrong.
        TransientError: the registry is away; nothing was kept.
    """
    return await import_estate([with_camera(await registry.lines(), shop, values)], registry, chance)


async def rotate_secret(login: str, registry: Registry, chance: Chance) -> list[NewSecret]:
    """Give a login another secret; once it is published, the old one is refused.

    Raises:
        EstateError: there is no such login.
        TransientError: the registry is away; nothing was changed.
    """
    secret = chance.secret()
    cameras = await registry.replace(new_login(login, chance.salt(), secret))
    if not cameras:
        raise EstateError([f"there is no login {login}"])
    return [NewSecret(camera, login, secret) for camera in cameras]


async def disable(camera: str, registry: Registry, *, disabled: bool) -> None:
    """Refuse a camera's photos from when it is published, or take them again.

    Raises:
        EstateError: there is no such camera.
        TransientError: the registry is away; nothing was changed.
    """
    if not await registry.disable(camera, disabled=disabled):
        raise EstateError([f"there is no camera {camera}"])


async def publish(registry: Registry, board: Board) -> int:
    """Tell the cells of all shops; how many there are.

    Raises:
        TransientError: the registry or the board is away. Publishing again is safe.
    """
    async with registry.changing():  # else what somebody has changed meanwhile would be posted over
        shops = await registry.shops()
        await board.post(shops)
    return len(shops)
