"""Real FTP clients, each as its documentation says, upload every vendor's example path through a login that cameras share.

Each photo must land on the right camera with the right time.
"""

import ftplib
import io
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from loadtest.ftp_session import believing_context
from services.common.ids import CameraId, photo_id
from tests.fakes.logins import FakeLogins, camera, shop
from tests.servers.ftp import SECRET, Ftp, client, running_ftp
from tests.vendors import EXAMPLES, Example

pytestmark = pytest.mark.timeout(180)
LOGIN = "shop-1"
# Passwords on command lines of these clients may hold no space.
PASSWORD = SECRET.replace(" ", "-")

Client = Callable[[Ftp, Path, list[str]], None]


def run(*command: str, given: str = "") -> None:
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (command, done.stdout[-800:], done.stderr[-800:])


def curl(ftp: Ftp, photo: Path, paths: list[str], *options: str, url: str = "") -> None:
    target = url or f"ftp://127.0.0.1:{ftp.server.port}"
    for path in paths:
        escaped = path.replace("[", "%5B").replace("]", "%5D").replace("@", "%40")
        run("curl", "-sS", "-g", "--ftp-create-dirs", "-u", f"{LOGIN}:{PASSWORD}", *options, "-T", str(photo), f"{target}/{escaped}")  # fmt: skip


def curl_tls(ftp: Ftp, photo: Path, paths: list[str]) -> None:
    curl(ftp, photo, paths, "--ssl-reqd", "--insecure")


def curl_implicit(ftp: Ftp, photo: Path, paths: list[str]) -> None:
    curl(ftp, photo, paths, "--insecure", url=f"ftps://127.0.0.1:{ftp.options.implicit_port}")


def lftp(ftp: Ftp, photo: Path, paths: list[str], tls: bool = False) -> None:
    lines = [
        f"set ftp:ssl-force {str(tls).lower()}",
        f"set ftp:ssl-protect-data {str(tls).lower()}",
        "set ssl:verify-certificate false",
        "set net:max-retries 2",
        "set cmd:fail-exit true",
        f"open -u {LOGIN},{PASSWORD} ftp://127.0.0.1:{ftp.server.port}",
    ]
    for path in paths:
        folder, _, name = path.rpartition("/")
        lines.append(f'put -O "/{folder}" "{photo}" -o "{name}"')
    run("lftp", "-f", "/dev/stdin", given="\n".join(lines) + "\n")


def lftp_tls(ftp: Ftp, photo: Path, paths: list[str]) -> None:
    lftp(ftp, photo, paths, tls=True)


def python(ftp: Ftp, photo: Path, paths: list[str]) -> None:
    with ftp.connect(login=LOGIN, secret=PASSWORD) as session:
        _put(session, photo, paths)


def python_tls_with_session_reuse(ftp: Ftp, photo: Path, paths: list[str]) -> None:
    class Reusing(ftplib.FTP_TLS):
        def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[ssl.SSLSocket, int | None]:
            connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
            assert isinstance(self.sock, ssl.SSLSocket)
            return self.context.wrap_socket(connection, session=self.sock.session), size

    session = Reusing(context=believing_context(), timeout=20)
    session.connect("127.0.0.1", ftp.server.port)
    with session:
        session.login(LOGIN, PASSWORD)
        session.prot_p()
        _put(session, photo, paths)


def _put(session: ftplib.FTP, photo: Path, paths: list[str]) -> None:
    """As cameras do: go to the folder, making it on the way, then store."""
    for path in paths:
        *folders, name = path.split("/")
        session.cwd("/")
        for folder in folders:
            session.mkd(folder)
            session.cwd(folder)
        assert session.storbinary(f"STOR {name}", io.BytesIO(photo.read_bytes())).startswith("226")
        assert session.size(name) == photo.stat().st_size
        session.delete(name)


def busybox_ftpput(ftp: Ftp, photo: Path, paths: list[str]) -> None:
    for path in paths:
        run("busybox", "ftpput", "-u", LOGIN, "-p", PASSWORD, "-P", str(ftp.server.port), "127.0.0.1", path, str(photo))


def debian_ftp(ftp: Ftp, photo: Path, paths: list[str]) -> None:
    puts = [f'put "{photo}" "{path}"' for path in paths]
    commands = [f"open 127.0.0.1 {ftp.server.port}", f"user {LOGIN} {PASSWORD}", "binary", *puts, "bye"]
    run("tnftp", "-n", "-v", given="\n".join(commands) + "\n")


CLIENTS: list[Client] = [
    curl,
    curl_tls,
    curl_implicit,
    lftp,
    lftp_tls,
    python,
    python_tls_with_session_reuse,
    busybox_ftpput,
    debian_ftp,
]


@pytest.fixture
async def ftp(certificate: Path) -> AsyncIterator[Ftp]:
    logins = FakeLogins()
    cameras = [camera(f"cam-{i}", example.identifier) for i, example in enumerate(EXAMPLES)]
    logins.share(LOGIN, PASSWORD, *cameras, where=shop(zone="Asia/Tokyo"))
    async with running_ftp(certificate, logins) as running:
        yield running


@pytest.mark.parametrize("upload", CLIENTS, ids=lambda upload: upload.__name__)
async def test_every_vendors_path_lands_on_its_camera_with_its_time(
    ftp: Ftp, demo_photos: Path, upload: Client
) -> None:
    photo = demo_photos / "photo-02.jpg"
    await client(lambda: upload(ftp, photo, [example.path for example in EXAMPLES]))
    landed = {
        announced.camera_id: (announced.photo_id, announced.captured_at.ToJsonString()) for announced in ftp.announced
    }
    assert landed == {
        f"cam-{i}": (photo_id(CameraId(f"cam-{i}"), photo.read_bytes()), _in_tokyo(example))
        for i, example in enumerate(EXAMPLES)
    }


def _in_tokyo(example: Example) -> str:
    stamp = Timestamp()
    stamp.FromDatetime(example.taken_at.replace(tzinfo=ZoneInfo("Asia/Tokyo")).astimezone(UTC))
    return stamp.ToJsonString()
