"""glibc's heap, told to keep what it has for the next photo.

By its own rules it gives a photo's pages back to the kernel when the photo is done, and the next photo pays for having them
cleared again: a tenth of all that an upload costs (docs/performance.md).
"""

import ctypes

# From malloc.h.
_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_THRESHOLD = -3
_MIB = 1 << 20
# What is larger lies outside the heap, and is given back by itself.
LARGE_BYTES = 4 * _MIB


def keep_freed_memory() -> None:
    """Keep up to 64 MiB at the heap's end, and take pieces of up to 4 MiB from it. Nothing happens with other C libraries."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for parameter, value in (
        (_M_TRIM_THRESHOLD, 64 * _MIB),
        (_M_TOP_PAD, 16 * _MIB),
        (_M_MMAP_THRESHOLD, LARGE_BYTES),
    ):
        mallopt(ctypes.c_int(parameter), ctypes.c_int(value))


def give_back_freed_memory() -> None:
    """Give back whatever is free, wherever it lies in the heap. Takes about a millisecond."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(ctypes.c_size_t(0))
