"""What one upload costs ingest: received only, beside vsftpd in the same run, and all the way to 226.

Both servers get the same megabyte over new connections from 32 clients at a time. vsftpd writes to a file system in
memory; ingest keeps photos in memory, and puts them into SeaweedFS and announces them in NATS when it goes all the way.
Only the server's own CPU counts, not its clients', SeaweedFS's or NATS's.
"""

import asyncio
import json
import os
import pwd
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.cell import DATA_PORTS, ROOT, cpu_ms, made, photos, running_cell
from bench.ftp_load import FtpTarget, upload_all
from services.estate.domain import CameraLine
from services.standalone.adapters.state_folder import StateFolder
from tests.servers.running import RunningProgram, free_ports

ROUNDS = 5
UPLOADS = 320
CLIENTS = 32
VSFTPD = ROOT / "build" / "vsftpd"
_LOGIN, _SECRET = "bench", "bench-secret"
console = Console(stderr=True)


async def cpu_per_upload(pid: int, target: FtpTarget, *, tls: bool = False) -> float:
    """CPU milliseconds of a server for each of some uploads."""
    process = psutil.Process(pid)
    before = cpu_ms(process)
    await upload_all(target, photos(UPLOADS), CLIENTS, tls=tls)
    await asyncio.sleep(0.3)  # for children to end
    return (cpu_ms(process) - before) / UPLOADS


async def until_open(port: int) -> None:
    """Wait until a server listens."""
    deadline = time.monotonic() + 20
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


@contextmanager
def child(*command: str, **environment: str) -> Iterator[int]:
    """A server of our own making."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, cwd=ROOT)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@contextmanager
def vsftpd(folder: Path) -> Iterator[tuple[int, FtpTarget]]:
    """Debian's vsftpd, as lean as it gets, storing in memory."""
    (port, *data_ports) = free_ports(1 + DATA_PORTS)
    root = folder / "ftp"
    (root / "in").mkdir(parents=True)
    empty = folder / "empty"
    empty.mkdir()
    for place, mode in ((folder, 0o755), (root, 0o555), (root / "in", 0o777), (empty, 0o555)):
        place.chmod(mode)
    settings = {
        "listen": "YES", "listen_address": "127.0.0.1", "listen_port": port, "background": "NO",
        "anonymous_enable": "YES", "local_enable": "NO", "write_enable": "YES", "anon_upload_enable": "YES",
        "anon_root": root, "no_anon_password": "NO", "ftp_username": _somebody(), "secure_chroot_dir": empty,
        "pasv_min_port": data_ports[0], "pasv_max_port": data_ports[-1], "xferlog_enable": "NO", "seccomp_sandbox": "NO",
        "isolate": "NO", "isolate_network": "NO", "anon_umask": "022", "max_clients": 0, "max_per_ip": 0,
    }  # fmt: skip
    if os.getuid() != 0:
        settings["run_as_launching_user"] = "YES"
    config = folder / "vsftpd.conf"
    config.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    libraries = f"{VSFTPD}/lib/x86_64-linux-gnu:{VSFTPD}/usr/lib/x86_64-linux-gnu"
    with child(f"{VSFTPD}/usr/sbin/vsftpd", str(config), LD_LIBRARY_PATH=libraries) as pid:
        yield pid, FtpTarget(port, "anonymous", "bench@", "in/")


def _somebody() -> str:
    """A user without rights whose home exists, as vsftpd wants it."""
    return next(user.pw_name for user in pwd.getpwall() if 0 < user.pw_uid < 100 and Path(user.pw_dir).is_dir())


async def receive_only(folder: Path, certificate: Path, progress: Progress) -> tuple[float, float, float]:
    """CPU milliseconds per upload: ours, vsftpd's, and ours encrypted; in turns, so that both see the same machine."""
    (port, *_) = free_ports(1 + DATA_PORTS)
    ours = FtpTarget(port, _LOGIN, _SECRET)
    command = (sys.executable, "-m", "bench.ingest_receiver", str(port), str(certificate), _LOGIN, _SECRET)
    task = progress.add_task("received only", total=ROUNDS)
    samples: tuple[list[float], list[float], list[float]] = ([], [], [])
    with child(*command) as pid, vsftpd(folder) as (peer_pid, peer):
        await until_open(port)
        await until_open(peer.port)
        await cpu_per_upload(pid, ours)
        for _ in range(ROUNDS):
            samples[1].append(await cpu_per_upload(peer_pid, peer))
            for stored in (folder / "ftp" / "in").iterdir():
                stored.unlink()
            samples[0].append(await cpu_per_upload(pid, ours))
            samples[2].append(await cpu_per_upload(pid, ours, tls=True))
            progress.advance(task)
    plain, peer_ms, tls = map(statistics.median, samples)
    return plain, peer_ms, tls


async def full_path(ingest: RunningProgram, target: FtpTarget, progress: Progress) -> tuple[float, float]:
    """CPU milliseconds of ingest per upload that is kept: plain, and encrypted."""
    task = progress.add_task("kept", total=ROUNDS)
    samples: tuple[list[float], list[float]] = ([], [])
    await cpu_per_upload(ingest.pid, target)
    for _ in range(ROUNDS):
        samples[0].append(await cpu_per_upload(ingest.pid, target))
        samples[1].append(await cpu_per_upload(ingest.pid, target, tls=True))
        progress.advance(task)
    plain, tls = map(statistics.median, samples)
    return plain, tls


def main() -> None:
    """Measure, and say so."""
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm") as memory,
        tempfile.TemporaryDirectory() as disk,
        StateFolder(made(Path(disk) / "state")) as state,
        Progress(console=console, transient=True) as progress,
    ):
        Path(disk).chmod(0o755)
        certificate = state.certificate()
        receive_ms, vsftpd_ms, receive_tls_ms = asyncio.run(receive_only(Path(memory), certificate, progress))
        line = CameraLine("bench", "Bench", "bench", "Bench", "bench", "Bench", "UTC", _LOGIN)
        with running_cell(Path(disk), certificate, [line]) as cell:
            full_plain_ms, full_tls_ms = asyncio.run(full_path(cell.ingest, cell.target(_LOGIN), progress))
    table = Table("CPU ms per 1-MB upload", "plain", "TLS", title=f"{CLIENTS} clients, a new connection each")
    table.add_row("ingest, received only", f"{receive_ms:.2f}", f"{receive_tls_ms:.2f}")
    table.add_row("vsftpd, received to memory", f"{vsftpd_ms:.2f}", "")
    table.add_row("ingest, kept (226)", f"{full_plain_ms:.2f}", f"{full_tls_ms:.2f}")
    console.print(table)
    result = {
        "receive_ms": receive_ms,
        "vsftpd_ms": vsftpd_ms,
        "ratio": receive_ms / vsftpd_ms,
        "full_plain_ms": full_plain_ms,
        "full_tls_ms": full_tls_ms,
        "receive_tls_ms": receive_tls_ms,
    }
    print(json.dumps({name: round(value, 2) for name, value in result.items()}))


if __name__ == "__main__":
    main()
