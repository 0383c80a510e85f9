"""SQL texts about the vector of groups that tallies hold.

An array's subscripts are added one by one: summing unnested arrays takes seven times as long.
"""

from typing import Final

from services.record.domain.tallies import CELLS

_NUMBERS: Final = range(1, CELLS + 1)
# What is there and what comes, added up.
ADDED_CELLS: Final = f"array[{', '.join(f't.cells[{i}] + i.cells[{i}]' for i in _NUMBERS)}]"
# The columns of a tally that are stored; the others are margins of cells.
SUMMED_COLUMNS: Final = "open_hours, cameras_due, cameras_seen, cells"
# Rows h of a finer tally, added up.
SUMS: Final = (
    "sum(h.open_hours)::integer, sum(h.cameras_due)::integer, sum(h.cameras_seen)::integer, "
    f"array[{', '.join(f'sum(h.cells[{i}])' for i in _NUMBERS)}]::integer[]"
)
# After `on conflict ... do`: the new sums instead of the old ones.
REPLACE: Final = (
    "update set open_hours = excluded.open_hours, cameras_due = excluded.cameras_due, "
    "cameras_seen = excluded.cameras_seen, cells = excluded.cells"
)
# Marks hours of shops, $1 days, $2 hours, $3 shops, as out of date. A row that is there already is written again, and so
# locked: the job that takes rows away would otherwise miss what is being added right now.
MARK_STALE: Final = """
insert into tally_stale (local_day, local_hour, shop_id)
select local_day, local_hour, shop_id from unnest($1::date[], $2::smallint[], $3::int[]) as i (local_day, local_hour, shop_id)
order by local_day, local_hour, shop_id
on conflict (local_day, local_hour, shop_id) do update set marked_at = excluded.marked_at
"""
