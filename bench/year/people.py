"""People of the seeded year: an admin, an analyst, and managers of the world, of regions, cities and shops."""

import secrets
from typing import Any

from services.report.adapters.argon2_passwords import Argon2Passwords

_MANAGERS_OF_CITIES, _MANAGERS_OF_SHOPS = 25, 15


async def add_people(connection: Any) -> list[dict[str, object]]:
    """Make them; who each is, with what they may see and how they sign in."""
    scopes = await connection.fetch(
        "select s.scope_id, s.kind::text, coalesce(r.slug, c.slug, p.slug, 'world') as slug from scope s "
        "left join region r using (region_id) left join city c on c.city_id = s.city_id "
        "left join shop p on p.shop_id = s.shop_id order by s.scope_id"
    )
    kinds: dict[str, list[Any]] = {kind: [] for kind in ("world", "region", "city", "shop")}
    for row in scopes:
        kinds[row["kind"]].append(row)
    (world,) = kinds["world"]
    step = max(1, len(kinds["shop"]) // _MANAGERS_OF_SHOPS)
    wanted = [("admin", "admin", world), ("analyst", "analyst", world)]
    wanted += [("manager", f"world-{number}", world) for number in range(1, 6)]
    wanted += [
        ("manager", row["slug"], row)
        for row in (
            *kinds["region"],
            *kinds["city"][:_MANAGERS_OF_CITIES],
            *kinds["shop"][::step][:_MANAGERS_OF_SHOPS],
        )
    ]
    passwords = Argon2Passwords()
    people: list[dict[str, object]] = []
    for role, name, scope in wanted:
        email, password = f"{name}@example.org", secrets.token_urlsafe(12)
        person = await connection.fetchval(
            "insert into person (email, name, role, password_hash) values ($1, $2, $3, $4) returning person_id",
            email,
            name.replace("-", " ").title(),
            role,
            await passwords.hash(password),
        )
        await connection.execute("insert into access (person_id, scope_id) values ($1, $2)", person, scope["scope_id"])
        people.append({
            "person_id": person, "email": email, "password": password, "role": role, "kind": scope["kind"],
            "slug": scope["slug"],
        })  # fmt: skip
    return people
