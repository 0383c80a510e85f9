"""Keep the registry, change it, and tell the cells."""

from services.estate.handler.editing import (
    add_camera_to,
    add_shop,
    edit_camera,
    edit_shop,
    import_seen,
    preview_import,
    rename,
)
from services.estate.handler.ports import Board, Chance, Editor, Registry
from services.estate.handler.registering import add_camera, disable, import_estate, publish, rotate_secret

__all__ = [
    "Board",
    "Chance",
    "Editor",
    "Registry",
    "add_camera",
    "add_camera_to",
    "add_shop",
    "disable",
    "edit_camera",
    "edit_shop",
    "import_estate",
    "import_seen",
    "preview_import",
    "publish",
    "rename",
    "rotate_secret",
]
