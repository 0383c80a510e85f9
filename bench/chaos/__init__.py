"""What becomes of photos while everything that can fail does fail: `make chaos` (docs/faults.md)."""
