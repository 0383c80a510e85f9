"""Placeholder until E is done."""

from starlette.routing import BaseRoute


def docs_routes() -> list[BaseRoute]:
    """None yet."""
    return []
