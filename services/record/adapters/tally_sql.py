"""SQL texts about the vector of groups that tallies hold.

An array's subscripts are added one by one: summing unnested arrays takes seven times as long.
"""

from typing import Final

from services.common.visitors import CELLS

_NUMBERS: Final = range(1, CELLS + 1)
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
