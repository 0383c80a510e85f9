"""Starts a command whose turns on the cores are few and long (docs/adr/0015-one-machine.md).

Run as a script: `python long_turns.py COMMAND [ARGUMENT ...]`.
"""

import ctypes
import os
import platform
import struct
import sys

# A machine with work for all its cores gives a program this long before the next one's turn; by default it is 3 ms.
_TURN_NS = 20_000_000
# sched_setattr(2), which neither Python nor this C library has a function for.
_CALL = {"x86_64": 314, "aarch64": 274}
# Its size, the policy, flags, niceness, priority, runtime, deadline and period: the first version of struct sched_attr.
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")


def _take_long_turns() -> None:
    """For this thread and all that it starts. Before Linux 6.12 the length stays the kernel's, and the rest holds.

    Raises:
        OSError: the system does not allow it.
    """
    number = _CALL.get(platform.machine())
    if number is None:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        return
    library = ctypes.CDLL(None, use_errno=True)
    attributes = _ATTRIBUTES.pack(
        _ATTRIBUTES.size, os.SCHED_BATCH, 0, os.getpriority(os.PRIO_PROCESS, 0), 0, _TURN_NS, 0, 0
    )
    if library.syscall(number, 0, attributes, 0):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


if __name__ == "__main__":
    try:
        _take_long_turns()
    except OSError as error:
        print(f"turns on the cores stay short, which costs some speed: {error}", file=sys.stderr)  # noqa: T201 - its log
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - that is what it is for
