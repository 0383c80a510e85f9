"""What a camera is judged by, day after day: named once for the service that judges and for the pages that explain."""

from datetime import timedelta
from typing import Final

# Days, today included, by which a camera is judged.
DAYS: Final = 7
# While a shop is open, a camera that says nothing for so long is offline.
SILENCE: Final = timedelta(minutes=30)
# A clock that is off by more moves visitors into wrong hours sooner or later.
DRIFT_S: Final = 120.0
# Shares above which something should be done.
TOO_DARK: Final = 0.10  # of faces
TOO_SMALL: Final = 0.15  # of faces, those that are too small included
WITHOUT_FACE: Final = 0.15  # of photos
REFUSED: Final = 0.10  # of uploads
# Shares of fewer photos, faces or uploads say nothing.
LEAST: Final = 20
