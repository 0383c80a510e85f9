"""Starts a command whose turns on the cores are few and long (docs/adr/0015-one-machine.md), and which ends with its parent.

Run as a script: `python long_turns.py PARENT SIGNAL COMMAND [ARGUMENT ...]`.
"""

import ctypes
import os
import platform
import signal
import struct
import sys

# A machine with work for all its cores gives a program this long before the next one's turn; by default it is 3 ms.
_TURN_NS = 20_000_000
# sched_setattr(2), which neither Python nor this C library has a function for.
_CALL = {"x86_64": 314, "aarch64": 274}
# Its size, the policy, flags, niceness, priority, runtime, deadline and period: the first version of struct sched_attr.
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
_PR_SET_PDEATHSIG = 1


def _end_with(parent: int, number: int) -> None:
    """Have the kernel send a signal when the parent ends; end at once where it has."""
    _checked(_LIBRARY.prctl(_PR_SET_PDEATHSIG, number))
    if os.getppid() != parent:
        sys.exit(128 + number)


def _take_long_turns() -> None:
    """For this thread and all that it starts. Before Linux 6.12 the length stays the kernel's, and the rest holds.

    Raises:
        OSError: the system does not allow it.
    """
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_BATCH, 0, niceness, 0, _TURN_NS, 0, 0)
    try:
        _checked(_LIBRARY.syscall(_CALL.get(platform.machine(), -1), 0, attributes, 0))
    except OSError:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _checked(status: int) -> None:
    if status:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


if __name__ == "__main__":
    _LIBRARY = ctypes.CDLL(None, use_errno=True)
    _end_with(int(sys.argv[1]), int(sys.argv[2]))
    try:
        _take_long_turns()
    except OSError as error:
        print(f"turns on the cores stay short, which costs some speed: {error}", file=sys.stderr)  # noqa: T201 - its log
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python, and by whatever it starts
        signal.signal(ignored, signal.SIG_DFL)
    os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606 - that is what it is for
