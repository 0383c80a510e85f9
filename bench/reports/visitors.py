"""Who asks in the benchmark: people of the seeded year, each about their own place, with sessions made for them."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bench.year.cluster import YearFolder
from services.report.domain.places import Level


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody, and the place that they may see.

    Args:
        role: manager, analyst or admin.
        slug: empty for the world.
    """

    person_id: int
    role: str
    level: Level
    slug: str


def read_visitors(folder: YearFolder) -> list[Visitor]:
    """Everybody."""
    people = json.loads((folder.path / "people.json").read_text())
    return [
        Visitor(
            person["person_id"], person["role"], Level(person["kind"]), "" if person["kind"] == "world" else person["slug"]
        )
        for person in people
    ]  # fmt: skip


async def open_session(connection: Any, person_id: int) -> str:
    """A session as if somebody had signed in; its token."""
    token = secrets.token_urlsafe(32)
    await connection.execute(
        "insert into session (token_sha256, person_id, csrf, expires_at) values ($1, $2, $3, now() + $4::interval)",
        hashlib.sha256(token.encode()).digest(),
        person_id,
        secrets.token_urlsafe(16),
        timedelta(days=1),
    )
    return token
