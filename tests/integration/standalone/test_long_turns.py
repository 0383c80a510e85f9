"""Programs that nobody waits for have few long turns on the cores; the others have the kernel's."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from services.standalone.adapters import long_turns
from services.standalone.adapters.child_process import ChildLauncher
from services.standalone.domain import Program

_TELL = "import os; print(os.sched_getscheduler(0)); print(os.nice(0)); print(open('/proc/self/sched').read())"


async def told(folder: Path, *, patient: bool) -> str:
    program = Program("teller", (sys.executable, "-c", _TELL), None, patient=patient, environment=dict(os.environ))
    child = await ChildLauncher(folder).start(program)
    assert await child.wait() == 0
    return (folder / "teller.log").read_text()


async def test_long_turns_for_those_whom_nobody_waits_for(tmp_path: Path) -> None:
    policy, niceness, rest = (await told(tmp_path, patient=True)).split("\n", 2)
    assert int(policy) == os.SCHED_BATCH
    assert int(niceness) == os.nice(0)
    assert re.search(r"policy +: +3\b", rest)
    if slice_ns := re.search(r"se\.slice +: +(\d+)", rest):  # kernels of this age have it
        assert int(slice_ns[1]) == 20_000_000


async def test_the_kernels_turns_for_the_others(tmp_path: Path) -> None:
    policy, _, _ = (await told(tmp_path, patient=False)).split("\n", 2)
    assert int(policy) == os.SCHED_OTHER


async def test_what_the_script_starts_gets_its_arguments_and_gives_its_status(tmp_path: Path) -> None:
    program = Program("ender", (sys.executable, "-c", "import sys; sys.exit(int(sys.argv[1]))", "7"), None)
    assert await (await ChildLauncher(tmp_path).start(program)).wait() == 7


def test_a_program_whose_parent_is_gone_already_does_not_begin(tmp_path: Path) -> None:
    """As when the parent is killed right after it has started the script."""
    begun = tmp_path / "begun"
    command = [sys.executable, long_turns.__file__, str(os.getppid()), "15", "touch", str(begun)]
    assert subprocess.run(command, check=False).returncode == 128 + 15
    assert not begun.exists()


async def test_signals_are_as_programs_expect_them(tmp_path: Path) -> None:
    program = Program("grep", ("grep", "SigIgn", "/proc/self/status"), None)
    assert await (await ChildLauncher(tmp_path).start(program)).wait() == 0
    ignored = int((tmp_path / "grep.log").read_text().split()[1], 16)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
        assert not ignored & 1 << (number - 1)
