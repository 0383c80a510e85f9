"""People of the seeded year: an admin, an analyst, and managers of the world, of regions, cities and shops."""

from typing import Any


async def add_people(connection: Any) -> list[dict[str, object]]:
    """Make them; who each is, with what they may see."""
    scopes = await connection.fetch(
        "select s.scope_id, s.kind::text, coalesce(r.slug, c.slug, p.slug, 'world') as slug from scope s "
        "left join region r using (region_id) left join city c on c.city_id = s.city_id "
        "left join shop p on p.shop_id = s.shop_id order by s.scope_id"
    )
    by_kind: dict[str, list[Any]] = {}
    for row in scopes:
        by_kind.setdefault(row["kind"], []).append(row)
    world = by_kind["world"][0]
    wanted = [("admin", "admin", world), ("analyst", "analyst", world), *(("manager", f"world-{i}", world) for i in range(5))]
    wanted += [("manager", row["slug"], row) for row in by_kind["region"]]
    wanted += [("manager", row["slug"], row) for row in by_kind["city"][:25]]
    wanted += [("manager", row["slug"], row) for row in by_kind["shop"][:: max(1, len(by_kind["shop"]) // 15)][:15]]
    people: list[dict[str, object]] = []
    for role, name, scope in wanted:
        email = f"{name}@example.org"
        person = await connection.fetchval(
            "insert into person (email, name, role) values ($1, $2, $3) returning person_id", email, name, role
        )
        await connection.execute("insert into access (person_id, scope_id) values ($1, $2)", person, scope["scope_id"])
        people.append(
            {"person_id": person, "email": email, "role": role, "kind": scope["kind"], "slug": scope["slug"]}
        )
    return people
