"""Change single shops and cameras, unless somebody else has done so meanwhile; `publish` then tells the cells."""

from collections.abc import Mapping, Sequence

from services.estate.domain import (
    CAMERA_COLUMNS,
    SHOP_COLUMNS,
    CameraLine,
    Change,
    ChangedMeanwhileError,
    EstateError,
    Imported,
    Preview,
    ShopLine,
    camera_cells,
    changes_of,
    check_line,
    check_shop,
    estate_version,
    is_name,
    new_camera,
    placed,
    preview,
    shop_cells,
    version,
)
from services.estate.handler.ports import Chance, Editor
from services.estate.handler.registering import import_estate


async def edit_shop(slug: str, values: Mapping[str, str], seen: str, editor: Editor) -> tuple[Change, ...]:
    """Change what is known of a shop, or move it to another city, which may be a new one; what is not as before.

    Args:
        slug: the shop.
        values: by column, as `placed` reads them.
        seen: `version` of the shop's cells when it was looked at.

    Raises:
        EstateError: there is no such shop, or a value is wrong.
        ChangedMeanwhileError: the shop is not any more what was looked at.
        TransientError: the registry is away; nothing was changed.
    """
    async with editor.changing():
        shop = await _shop(slug, editor)
        wanted = await _checked_shop({**values, "shop": slug}, editor)
        before, after = shop_cells(shop), shop_cells(wanted)
        _unchanged(before, after, seen)
        await editor.save_shop(wanted)
    return changes_of("shop", slug, before, after)


async def add_shop(values: Mapping[str, str], editor: Editor, chance: Chance) -> Imported:
    """Register a shop with its first camera.

    Args:
        values: the shop's columns, as `placed` reads them, and the camera's.

    Raises:
        EstateError: there is such a shop or such a camera, or a value is wrong.
        TransientError: the registry is away; nothing was kept.
    """
    async with editor.changing():
        found = await editor.shop(values.get("shop", ""))
        if found is not None:
            raise EstateError([f"shop {found.shop} is registered already"])
        line = new_camera(await _checked_shop(values, editor), _camera_values(values))
        return await _add(line, editor, chance)


async def add_camera_to(slug: str, values: Mapping[str, str], editor: Editor, chance: Chance) -> Imported:
    """Register a further camera of a shop.

    Raises:
        EstateError: there is no such shop, there is such a camera, or a value is wrong.
        TransientError: the registry is away; nothing was kept.
    """
    async with editor.changing():
        return await _add(new_camera(await _shop(slug, editor), _camera_values(values)), editor, chance)


async def edit_camera(
    camera: str, values: Mapping[str, str], seen: str, editor: Editor, chance: Chance
) -> tuple[Imported, tuple[Change, ...]]:
    """Change what a camera is called, how it names its uploads, or which login it uses.

    Args:
        camera: slug.
        values: its own columns.
        seen: `version` of its cells when it was looked at.

    Returns:
        What is new to type into it, and what is not as before.

    Raises:
        EstateError: there is no such camera, or a value is wrong.
        ChangedMeanwhileError: the camera is not any more what was looked at.
        TransientError: the registry is away; nothing was changed.
    """
    async with editor.changing():
        found = await editor.camera(camera)
        shop = None if found is None else await editor.shop(found.line.shop)
        if found is None or shop is None:
            raise EstateError([f"there is no camera {camera}"])
        line = check_line(shop_cells(shop) | _camera_values(values) | {"camera": camera})
        before, after = camera_cells(found.line), camera_cells(line)
        _unchanged(before, after, seen)
        return await import_estate([line], editor, chance), changes_of("camera", camera, before, after)


async def rename(kind: str, slug: str, name: str, seen: str, editor: Editor) -> None:
    """Call a region or a city something else.

    Args:
        kind: region or city.
        slug: of it.
        seen: its name when it was looked at.

    Raises:
        EstateError: there is none, or the name is none.
        ChangedMeanwhileError: it is called something else by now.
        TransientError: the registry is away; nothing was changed.
    """
    if not is_name(name):
        raise EstateError([f"'{name[:20]}' is no name: 1 to 120 letters"])
    async with editor.changing():
        names = await editor.regions() if kind == "region" else {c.city: c.city_name for c in await editor.cities()}
        if slug not in names:
            raise EstateError([f"there is no {kind} {slug}"])
        if names[slug] != seen:
            raise ChangedMeanwhileError({"name": names[slug]}, {"name": name}, names[slug])
        await editor.rename(kind, slug, name)


async def preview_import(lines: Sequence[CameraLine], editor: Editor) -> tuple[Preview, str]:
    """What importing a list would change, and the registry's version, for `import_seen`.

    Raises:
        TransientError: the registry is away.
    """
    registered = await editor.lines()
    return preview(lines, registered, await editor.known_logins()), estate_version(registered)


async def import_seen(lines: Sequence[CameraLine], seen: str, editor: Editor, chance: Chance) -> Imported:
    """Import a list, if the registry still is what `preview_import` has compared it with.

    Raises:
        EstateError: it contradicts what is registered; nothing was kept.
        ChangedMeanwhileError: the registry has changed; nothing was kept.
        TransientError: the registry is away; nothing was kept.
    """
    async with editor.changing():
        if (current := estate_version(await editor.lines())) != seen:
            raise ChangedMeanwhileError({}, {}, current)
        return await import_estate(lines, editor, chance)


async def _shop(slug: str, editor: Editor) -> ShopLine:
    shop = await editor.shop(slug)
    if shop is None:
        raise EstateError([f"there is no shop {slug}"])
    return shop


async def _checked_shop(values: Mapping[str, str], editor: Editor) -> ShopLine:
    own = {column: values.get(column, "").strip() for column in SHOP_COLUMNS}
    return check_shop(placed(own, await editor.cities(), await editor.regions()))


def _camera_values(values: Mapping[str, str]) -> dict[str, str]:
    return {column: values.get(column, "") for column in ("camera", *CAMERA_COLUMNS)}


async def _add(line: CameraLine, editor: Editor, chance: Chance) -> Imported:
    if await editor.camera(line.camera) is not None:
        raise EstateError([f"camera {line.camera} is registered already"])
    return await import_estate([line], editor, chance)


def _unchanged(current: Mapping[str, str], wanted: Mapping[str, str], seen: str) -> None:
    if (now := version(current)) != seen:
        raise ChangedMeanwhileError(current, wanted, now)
