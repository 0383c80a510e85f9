"""What of the counts may be shown: small ones are hidden, and with them whatever would give them away."""

from services.report.domain.shown.counts import ShownCounts, shown_cube
from services.report.domain.shown.heat import ShownHeatCell, shown_heat
from services.report.domain.shown.places import ShownPlace, shown_places
from services.report.domain.shown.series import ShownPoint, shown_line, shown_series

__all__ = [
    "ShownCounts",
    "ShownHeatCell",
    "ShownPlace",
    "ShownPoint",
    "shown_cube",
    "shown_heat",
    "shown_line",
    "shown_places",
    "shown_series",
]
