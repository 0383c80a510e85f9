"""Whether the seeded tallies agree with each other, asked of the database itself."""

from typing import Any, Final

_MARGINS: Final = (
    "sum(visitors), sum(female), sum(age_25_34), sum(happiness), sum(cameras_due), sum(cameras_seen), sum(open_hours)"
)


class TalliesDisagreeError(Exception):
    """The seeded tallies contradict each other."""


async def check_sums(connection: Any) -> int:
    """Compare the tallies: each kind of place adds up to the world, day by day; months are their days, days their hours.

    Returns:
        Faces counted in all.

    Raises:
        TalliesDisagreeError: naming what differs.
    """
    kinds = await connection.fetch(
        f"select kind::text, {_MARGINS} from tally_month join scope using (scope_id) group by kind"
    )
    if len({tuple(row)[1:] for row in kinds}) != 1:
        raise TalliesDisagreeError(f"kinds of places differ: {[tuple(row) for row in kinds]}")
    by_day = await connection.fetchval(
        f"with d as (select kind, local_day, row({_MARGINS}) as sums from tally_day join scope using (scope_id) group by 1, 2) "
        "select count(*) from d a join d b using (local_day) where a.kind < b.kind and a.sums <> b.sums"
    )
    months = await connection.fetchval(
        f"with d as (select scope_id, date_trunc('month', local_day)::date as first_day, row({_MARGINS}) as sums "
        f"from tally_day group by 1, 2), m as (select scope_id, first_day, row({_MARGINS}) as sums from tally_month "
        "group by 1, 2) select count(*) from d full join m using (scope_id, first_day) where d.sums is distinct from m.sums"
    )
    hours = await connection.fetchval(
        f"with h as (select scope_id, local_day, row({_MARGINS}) as sums from tally_hour group by 1, 2), "
        f"d as (select scope_id, local_day, row({_MARGINS}) as sums from tally_day group by 1, 2) "
        "select count(*) from d full join h using (scope_id, local_day) where d.sums is distinct from h.sums"
    )
    heat = await connection.fetchval(
        f"with h as (select scope_id, first_day, row({_MARGINS}) as sums from tally_heat group by 1, 2), "
        f"m as (select scope_id, first_day, row({_MARGINS}) as sums from tally_month group by 1, 2) "
        "select count(*) from h full join m using (scope_id, first_day) where h.sums is distinct from m.sums"
    )
    cameras = await connection.fetchval(
        "with c as (select shop_id, local_day, sum(faces_counted) as faces from tally_camera_day join camera using (camera_id) "
        "group by 1, 2), d as (select shop_id, local_day, visitors::bigint as faces from tally_day join scope using (scope_id) "
        "where kind = 'shop' and visitors > 0) select count(*) from c full join d using (shop_id, local_day) "
        "where coalesce(c.faces, 0) <> coalesce(d.faces, 0)"
    )
    if by_day or months or hours or heat or cameras:
        raise TalliesDisagreeError(
            f"differing days {by_day}, months {months}, hours {hours}, heat {heat}, cameras' days {cameras}"
        )
    return int(kinds[0][1])
