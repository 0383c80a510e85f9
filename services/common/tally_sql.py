"""SQL texts that change the tallies of shops' hours.

Whoever changes an hour marks it first, in the order of the marks, and so holds it: the job that adds hours up takes marks away, and two
who change hours wait for each other (docs/adr/0011).
"""

from typing import Final

from services.common.visitors import CELLS

# What is there and what comes, added up. An array's subscripts are added one by one: summing unnested arrays takes seven times as long.
_ADDED_CELLS: Final = f"array[{', '.join(f't.cells[{i}] + i.cells[{i}]' for i in range(1, CELLS + 1))}]"
# Marks hours of shops, $1 days, $2 hours, $3 shops, as out of date. A row that is there already is written again, and so
# locked: the job that takes rows away would otherwise miss what is being added right now.
MARK_STALE: Final = """
insert into tally_stale (local_day, local_hour, shop_id)
select local_day, local_hour, shop_id from unnest($1::date[], $2::smallint[], $3::int[]) as i (local_day, local_hour, shop_id)
order by local_day, local_hour, shop_id
on conflict (local_day, local_hour, shop_id) do update set marked_at = excluded.marked_at
"""
# Adds to hours: $1 scopes of shops, $2 days, $3 hours, $4 vectors of cells, one after the other; negative numbers take away. Nobody else
# changes these hours now: their marks are held. So the rows that are not there yet can be told from the others beforehand, which saves
# working out the margins of each of them twice.
ADD_VISITORS: Final = f"""
with i as materialized (
    select scope_id, local_day, local_hour, ($4::int[])[(number - 1) * {CELLS} + 1 : number * {CELLS}] as cells
    from unnest($1::int[], $2::date[], $3::smallint[]) with ordinality as k (scope_id, local_day, local_hour, number)
), there as (
    update tally_hour t set cells = {_ADDED_CELLS} from i
    where t.scope_id = i.scope_id and t.local_day = i.local_day and t.local_hour = i.local_hour
    returning t.scope_id, t.local_day, t.local_hour
)
insert into tally_hour (scope_id, local_day, local_hour, cells)
select scope_id, local_day, local_hour, cells from i
where (scope_id, local_day, local_hour) not in (select scope_id, local_day, local_hour from there)
"""  # noqa: S608 - the numbers are our own
# Versions whose estimates count in no tally; for as long as the transaction lasts nobody changes which they are.
EXCLUDED_VERSIONS: Final = "select classifier_version from excluded_versions() as v (classifier_version)"
