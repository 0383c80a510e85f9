"""Networks of their own, as Linux keeps them by thread: what a thread opens, and whom it starts, is in the one where it is just then."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from services.standalone.domain import Program

_LIBC = ctypes.CDLL(None, use_errno=True)
# Source: linux/sched.h
_CLONE_NEWNET = 0x40000000
HERE, THERE = "10.99.0.1", "10.99.0.2"


@contextmanager
def network_of_its_own() -> Iterator[None]:
    """Be in a new network, which has nothing but loopback.

    Raises:
        PermissionError: only root may.
    """
    with _returning():
        _checked(_LIBC.unshare(_CLONE_NEWNET))
        _ip("link", "set", "lo", "up")
        yield


@contextmanager
def network_of(pid: int) -> Iterator[None]:
    """Be in the network of a process."""
    with _returning(), Path(f"/proc/{pid}/ns/net").open() as there:
        _checked(_LIBC.setns(there.fileno(), _CLONE_NEWNET))
        yield


def in_network_of_its_own(program: Program) -> Program:
    """The same program, which makes a network for itself before it begins."""
    begin = 'ip link set lo up; exec "$@"'
    return replace(program, command=("unshare", "--net", "--", "sh", "-euc", begin, "sh", *program.command))


class Cable:
    """Joins the network where we are, as HERE, with that of a process, as THERE. It goes with either of both."""

    def __init__(self, pid: int) -> None:
        _ip("link", "add", "here", "type", "veth", "peer", "name", "there", "netns", str(pid))
        _ip("address", "add", f"{HERE}/30", "dev", "here")
        self.mend()
        with network_of(pid):
            _ip("address", "add", f"{THERE}/30", "dev", "there")
            _ip("link", "set", "there", "up")

    def cut(self) -> None:
        """Nothing passes any more, and nobody is told."""
        _ip("link", "set", "here", "down")

    def mend(self) -> None:
        """It is whole again."""
        _ip("link", "set", "here", "up")


@contextmanager
def _returning() -> Iterator[None]:
    with Path("/proc/thread-self/ns/net").open() as before:
        try:
            yield
        finally:
            _checked(_LIBC.setns(before.fileno(), _CLONE_NEWNET))


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
