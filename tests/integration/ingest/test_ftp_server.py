"""The FTP server with a real client (ftplib), plain and TLS; what is behind it is a fake."""

import asyncio
import ftplib
import io
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from services.ingest.adapters.ftp_server import FtpOptions, FtpServer, PortTakenError
from services.ingest.handler import KeepPhoto
from services.standalone.adapters.state_folder import StateFolder
from tests.fakes.held_photos import FakeHeldPhotos
from tests.fakes.logins import FakeLogins
from tests.fakes.photo_storage import FakePhotoStorage
from tests.fakes.publisher import FakePublisher
from tests.servers.running import free_ports

T = TypeVar("T")
LIMIT_BYTES = 2_000_000
SECRET = "a secret"


@dataclass
class Ftp:
    """A server, and what it did."""

    options: FtpOptions
    server: FtpServer
    storage: FakePhotoStorage = field(default_factory=FakePhotoStorage)
    publisher: FakePublisher = field(default_factory=FakePublisher)

    def connect(self, tls: bool = False, login: str = "cam-1", secret: str = SECRET) -> ftplib.FTP:
        client: ftplib.FTP
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            client = ftplib.FTP_TLS(context=context, timeout=20)
        else:
            client = ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", self.server.port)
        try:
            client.login(login, secret)
            if isinstance(client, ftplib.FTP_TLS):
                client.prot_p()
        except ftplib.Error:
            client.close()
            raise
        return client


def options(certificate: Path, **changes: object) -> FtpOptions:
    port, first, *_ = free_ports(12)
    values: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "passive_ports": range(first, first + 10),
        "masquerade_address": None,
        "certificate": certificate,
        "require_tls": False,
        "max_upload_bytes": LIMIT_BYTES,
        "max_uploads": 8,
        "implicit_port": None,
        "active_mode": False,
        "upload_memory_bytes": 8 * LIMIT_BYTES,
        "max_uploads_per_login": 8,
        "min_upload_bytes_per_s": 0,
        "max_connections": 50,
        "max_connections_per_address": 50,
        "max_connections_per_login": 50,
        "idle_timeout_s": 60.0,
        "login_timeout_s": 20.0,
    }
    return FtpOptions(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with StateFolder(tmp_path_factory.mktemp("state")) as state:
        return state.certificate()


@pytest.fixture
async def ftp(certificate: Path) -> AsyncIterator[Ftp]:
    registry = FakeLogins()
    registry.add("cam-1", SECRET)
    registry.add("cam-off", SECRET, disabled=True)
    storage, publisher = FakePhotoStorage(), FakePublisher()
    handler = KeepPhoto(storage, publisher, FakeHeldPhotos(), lambda: datetime.now(UTC), max_pixels=100_000_000)
    chosen = options(certificate)
    async with FtpServer.running(chosen, registry.find, handler) as server:
        yield Ftp(chosen, server, storage, publisher)


@pytest.fixture(scope="module")
def photo(demo_photos: Path) -> bytes:
    return (demo_photos / "photo-01.jpg").read_bytes()


async def client(work: Callable[[], T]) -> T:
    """A blocking client must not block the server, which lives in this loop."""
    return await asyncio.to_thread(work)


def store(session: ftplib.FTP, content: bytes, name: str = "photo.jpg") -> str:
    """Upload; the server's last reply, whatever it says."""
    try:
        return session.storbinary(f"STOR {name}", io.BytesIO(content))
    except ftplib.Error as error:
        return str(error)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):  # refused while we were still sending
        return session.getmultiline()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_photo_is_kept_byte_for_byte_before_the_camera_hears_so(ftp: Ftp, photo: bytes, tls: bool) -> None:
    def upload() -> str:
        with ftp.connect(tls) as session:
            return store(session, photo)

    assert (await client(upload)).startswith("226")
    assert list(ftp.storage.photos.values()) == [photo]
    assert ftp.publisher.subjects == ["photos.north.shop-1"]


async def test_the_same_photo_twice_is_one_photo(ftp: Ftp, photo: bytes) -> None:
    def upload() -> None:
        for name in ("a.jpg", "b.jpg"):
            with ftp.connect() as session:
                assert store(session, photo, name).startswith("226")

    await client(upload)
    assert len(ftp.publisher.published) == 1


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "226"), (b"GIF89a and so on", "550"), (b"\xff\xd8\xff\xe0", "451"), (bytes(LIMIT_BYTES + 1), "552")],
    ids=["empty", "not a JPEG", "truncated", "too large"],
)
async def test_bad_uploads_are_answered_and_the_session_goes_on(
    ftp: Ftp, photo: bytes, tls: bool, content: bytes, code: str
) -> None:
    def upload() -> tuple[str, str]:
        with ftp.connect(tls) as session:
            return store(session, content), store(session, photo)

    bad, good = await client(upload)
    assert bad.startswith(code)
    assert good.startswith("226")
    assert list(ftp.storage.photos.values()) == [photo]
    assert ftp.publisher.subjects == ["rejections.north.shop-1", "photos.north.shop-1"]


@pytest.mark.parametrize(
    ("login", "secret"), [("cam-1", "wrong"), ("cam-off", SECRET), ("nobody", ""), ("../x", SECRET)]
)
async def test_who_may_not_log_in_is_told_530(ftp: Ftp, login: str, secret: str) -> None:
    with pytest.raises(ftplib.error_perm, match=r"^530"):
        await client(lambda: ftp.connect(login=login, secret=secret))


@pytest.mark.parametrize("away", ["store", "stream"])
async def test_while_a_server_is_away_cameras_are_told_to_send_again_and_then_it_works(
    ftp: Ftp, photo: bytes, away: str
) -> None:
    (ftp.storage if away == "store" else ftp.publisher).failures = 1

    def upload() -> tuple[str, str]:
        with ftp.connect() as session:
            return store(session, photo), store(session, photo)

    first, second = await client(upload)
    assert first.startswith("451")
    assert second.startswith("226")
    assert len(ftp.publisher.published) == 1


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("ending", ["FIN", "RST"])
async def test_an_upload_cut_half_way_is_not_kept_and_may_be_sent_again(
    ftp: Ftp, photo: bytes, tls: bool, ending: str
) -> None:
    def cut() -> str:
        with ftp.connect(tls) as session:
            session.voidcmd("TYPE I")
            data = session.transfercmd("STOR photo.jpg")
            data.sendall(photo[: len(photo) // 2])
            if ending == "RST":
                data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                socket.socket(fileno=data.detach()).close()
            else:
                socket.socket(fileno=data.detach()).close()  # without TLS's farewell
            try:
                reply = session.voidresp()
            except ftplib.Error as error:
                reply = str(error)
            assert store(session, photo).startswith("226")
            return reply

    # 425 where the reset came before the server had so much as looked at the connection.
    assert (await client(cut)).startswith(("451", "425"))
    assert list(ftp.storage.photos.values()) == [photo]


async def test_a_camera_sees_nothing_of_what_it_uploaded_and_changes_nothing(ftp: Ftp, photo: bytes) -> None:
    def look_around() -> None:
        with ftp.connect() as session:
            assert store(session, photo, "/2026/05/photo.jpg").startswith("226")
            session.mkd("a/b/../../../../etc")
            session.cwd("/etc/../../deep/" + "x" * 500)
            assert session.nlst() == []
            assert session.nlst("/2026/05") == ["photo.jpg"]
            lines: list[str] = []
            session.retrlines("LIST /2026/05", lines.append)
            assert lines[0].split()[4] == str(len(photo))
            assert session.size("/2026/05/photo.jpg") == len(photo)
            assert session.voidcmd("MDTM /2026/05/photo.jpg").startswith("213 20")
            with pytest.raises(ftplib.error_perm):
                session.size("/2026/05/other.jpg")
            for command in ("RETR photo.jpg", "RETR ../../../etc/passwd", "REST 100", "SITE CHMOD 777 x"):
                with pytest.raises(ftplib.error_perm):
                    session.sendcmd(command)
            session.rename("photo.jpg", "final.jpg")
            session.delete("final.jpg")

    await client(look_around)
    assert list(ftp.storage.photos.values()) == [photo]


async def test_odd_names_do_no_harm(ftp: Ftp, photo: bytes) -> None:
    def upload() -> None:
        for name in (b"\xff\xfe.jpg", b"a\x00b.jpg", b"x" * 1500 + b".jpg", b"../../../../x.jpg", b"[M][0@0][0].jpg"):
            with ftp.connect() as session:
                host, port = session.makepasv()
                assert session.sock is not None
                session.sock.sendall(b"TYPE I\r\nSTOR " + name + b"\r\n")
                with socket.create_connection((host, port), timeout=20) as data:
                    assert session.getresp().startswith("200")
                    assert session.getresp().startswith("1")
                    data.sendall(photo)
                assert session.getresp().startswith("226")

    await client(upload)
    assert len(ftp.publisher.published) == 1


async def test_stou_and_ascii_mode_keep_the_photo_as_it_is(ftp: Ftp, photo: bytes) -> None:
    def upload() -> None:
        with ftp.connect() as session:
            session.voidcmd("TYPE A")
            with session.transfercmd("STOU") as data:
                data.sendall(photo)
            assert session.voidresp().startswith("226")

    await client(upload)
    assert list(ftp.storage.photos.values()) == [photo]


async def test_an_aborted_upload_is_answered_once_and_not_kept(ftp: Ftp, photo: bytes) -> None:
    def abort() -> None:
        with ftp.connect() as session:
            session.voidcmd("TYPE I")
            data = session.transfercmd("STOR photo.jpg")
            data.sendall(photo[:1000])
            while not session.sendcmd("NOOP").startswith("2"):
                pass
            session.putcmd("ABOR")
            replies = [session.getmultiline()]
            if replies[0].startswith("426"):
                replies.append(session.getmultiline())
            assert replies[-1][:3] in ("225", "226")
            data.close()
            assert session.sendcmd("NOOP").startswith("200"), "no reply is left over"

    await client(abort)
    assert ftp.storage.photos == {}


async def test_many_cameras_at_once_lose_nothing(ftp: Ftp, photo: bytes) -> None:
    def upload(number: int) -> int:
        busy = 0
        for i in range(4):
            content = photo + f"{number}-{i}".encode()
            with ftp.connect() as session:
                while not (reply := store(session, content)).startswith("226"):
                    assert reply.startswith("450"), reply
                    busy += 1
        return busy

    await asyncio.gather(*(client(lambda number=number: upload(number)) for number in range(12)))  # type: ignore[misc]
    assert len(ftp.storage.photos) == 48
    assert len(ftp.publisher.published) == 48


async def test_memory_is_bounded_by_the_number_of_uploads_at_once(ftp: Ftp, photo: bytes) -> None:
    def fill() -> str:
        sessions = [ftp.connect() for _ in range(9)]
        channels = []
        try:
            for session in sessions[:8]:
                session.voidcmd("TYPE I")
                channels.append(session.transfercmd("STOR photo.jpg"))
            ninth = store(sessions[8], photo)
            for channel in channels:
                channel.close()
            return ninth
        finally:
            for session in sessions:
                session.close()

    assert (await client(fill)).startswith("450")

    def upload() -> str:
        with ftp.connect() as session:
            return store(session, photo)

    async with asyncio.timeout(20):
        while not (await client(upload)).startswith("226"):
            pass


async def test_a_session_that_vanishes_before_its_data_connection_gives_its_place_back(ftp: Ftp, photo: bytes) -> None:
    def vanish() -> None:
        for _ in range(20):
            session = ftp.connect()
            session.makepasv()
            session.putcmd("STOR photo.jpg")
            with suppress(ftplib.Error):
                session.getmultiline()
            session.close()

    await client(vanish)

    def upload() -> str:
        with ftp.connect() as session:
            return store(session, photo)

    async with asyncio.timeout(20):
        while not (await client(upload)).startswith("226"):
            pass


async def test_without_a_data_connection_there_is_an_answer_at_once_and_it_is_no_success(
    ftp: Ftp, photo: bytes
) -> None:
    def upload() -> None:
        with ftp.connect() as session:
            session.voidcmd("TYPE I")
            with pytest.raises(ftplib.error_temp, match=r"^425"):
                session.voidcmd("STOR photo.jpg")
            for ending in ("RST", "FIN") * 15:
                host, port = session.makepasv()
                data = socket.create_connection((host, port), timeout=20)
                if ending == "RST":
                    data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    data.close()
                session.putcmd("STOR photo.jpg")
                data.close()
                reply = session.getmultiline()
                if reply.startswith("1"):
                    reply = session.getmultiline()
                # An upload that was cut to nothing is an empty one, which is accepted and not kept.
                assert reply.startswith("425") or "nothing was kept" in reply, reply
                assert session.sendcmd("NOOP").startswith("200"), "no reply is left over"
            assert store(session, photo).startswith("226")

    await client(upload)
    assert list(ftp.storage.photos.values()) == [photo]


async def test_a_port_in_use_is_named(ftp: Ftp, certificate: Path) -> None:
    with pytest.raises(PortTakenError, match=str(ftp.server.port)):
        FtpServer(options(certificate, port=ftp.server.port), lambda _: None, None)  # type: ignore[arg-type]


async def test_with_tls_required_nothing_goes_in_the_clear(certificate: Path) -> None:
    registry = FakeLogins()
    registry.add("cam-1", SECRET)
    chosen = options(certificate, require_tls=True)
    async with FtpServer.running(chosen, registry.find, None) as server:  # type: ignore[arg-type]
        ftp = Ftp(chosen, server)
        with pytest.raises(ftplib.error_perm, match="TLS"):
            await client(ftp.connect)

        def unprotected() -> None:
            with ftp.connect(tls=True) as session:
                session.prot_c()  # type: ignore[attr-defined]
                session.makepasv()

        with pytest.raises(ftplib.error_perm, match="TLS"):
            await client(unprotected)
