"""What results take in Postgres, as `tests/integration/cost/test_row_bytes.py` measures it."""

from typing import Final

# A month's photos with a face each, as long as real ones, written by record's own adapter: tables, indexes and what their
# pages leave free, divided by the rows. 20,000 photos take 516 and 243 bytes, 100,000 take 484 and 232.
PHOTO_BYTES: Final = 510
FACE_BYTES: Final = 240
