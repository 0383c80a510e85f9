"""The FTP server among unfriendly and broken clients: whatever they do, it ends, and another camera is served meanwhile."""

import asyncio
import errno
import ftplib
import itertools
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from io import BufferedRWPair
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.fakes.logins import FakeLogins
from tests.servers.ftp import SECRET, Ftp, client, options, running_ftp, store

# Far more than an upload takes, far less than any time-out that trouble could make it wait for.
SERVED_WITHIN_S = 2.0
# By its name: pyftpdlib, imported in another order than ours, warns of the modules that it stands on.
CHANNEL = "services.ingest.adapters.upload_channel"
NAMES = [
    b"../../../../etc/passwd",
    b"/../" * 300 + b"x.jpg",
    b"a\x00b.jpg",
    b"x" * 4000 + b".jpg",
    b"\xff\xfe\x80.jpg",
    b"\xff\xf4\xff\xf2x.jpg",
    b"a\rb\nc.jpg",
    b"%s%n{0}.jpg",
    b"~root/.ssh/id",
    b"C:\\windows\\win.ini",
    b"*?[a-z]",
    b"/cam-2/x.jpg",
    b" ",
    b"\"'; drop table photos; --.jpg",
]
COMMANDS = [
    b"CWD", b"MKD", b"RMD", b"SIZE", b"MDTM", b"MLST", b"STAT", b"RNFR", b"RNTO", b"DELE", b"RETR", b"MFMT 20260101000000",
    b"SITE CHMOD 777", b"SITE", b"OPTS", b"ALLO", b"HELP", b"XYZZY",
]  # fmt: skip


@pytest.fixture(scope="module")
def photo(demo_photos: Path) -> bytes:
    return (demo_photos / "photo-01.jpg").read_bytes()


@asynccontextmanager
async def shop(certificate: Path, photo: bytes, **changes: object) -> AsyncIterator[Ftp]:
    """A server, and a second camera behind the same address that uploads all the while."""
    logins = FakeLogins()
    for name in ("cam-1", "cam-2"):
        logins.add(name, SECRET)
    over = asyncio.Event()

    async def upload_on(ftp: Ftp) -> None:
        def upload(content: bytes) -> str:
            with ftp.connect(login="cam-2") as session:
                return store(session, content)

        for number in itertools.count():
            began = monotonic()
            reply = await client(lambda number=number: upload(photo + b"%d" % number))  # type: ignore[misc]
            assert reply.startswith("226")
            assert monotonic() - began < SERVED_WITHIN_S
            if over.is_set():
                return
            await asyncio.sleep(0.1)

    async with running_ftp(certificate, logins, **changes) as ftp, asyncio.TaskGroup() as tasks:
        tasks.create_task(upload_on(ftp))
        yield ftp
        over.set()


def kept_of(ftp: Ftp, camera: str) -> list[bytes]:
    """The photos under a camera's keys."""
    return [content for key, content in ftp.storage.photos.items() if f"/{camera}/" in key]


def connected(ftp: Ftp, source: str = "127.0.0.1") -> socket.socket:
    """A connection that nobody has said anything on."""
    return socket.create_connection(("127.0.0.1", ftp.server.port), timeout=20, source_address=(source, 0))


def greeted(ftp: Ftp, source: str = "127.0.0.1") -> socket.socket:
    """A connection that the server has said hello on."""
    connection = connected(ftp, source)
    assert connection.recv(100).startswith(b"220")
    return connection


@contextmanager
def crowd_of(count: int, ftp: Ftp, source: str = "127.0.0.1") -> Iterator[list[socket.socket]]:
    """Connections that have been greeted."""
    with ExitStack() as stack:
        yield [stack.enter_context(greeted(ftp, source)) for _ in range(count)]


def log_in(connection: socket.socket) -> None:
    for line, answer in (("USER cam-1", b"331"), (f"PASS {SECRET}", b"230")):
        connection.sendall(line.encode() + b"\r\n")
        assert connection.recv(100).startswith(answer)


def say(lines: BufferedRWPair, line: bytes) -> bytes:
    """Say a line; the answer, all its lines."""
    lines.write(line + b"\r\n")
    lines.flush()
    return heard(lines)


def heard(lines: BufferedRWPair) -> bytes:
    """An answer, whose lines end with CR and LF, whatever else is in them."""

    def line() -> bytes:
        read = b""
        while not read.endswith(b"\r\n"):
            more = lines.readline()
            assert more, read
            read += more
        return read

    answer = last = line()
    while answer[3:4] == b"-" and not last.startswith(answer[:3] + b" "):
        last = line()
        answer += last
    return answer


def until_ended(connection: socket.socket) -> bytes:
    """What is said until the server closes a connection."""
    said = b""
    with suppress(ConnectionResetError):
        while more := connection.recv(10_000):
            said += more
    return said


def wrong_login(ftp: Ftp) -> str:
    with pytest.raises(ftplib.Error) as refused:
        ftp.connect(secret="wrong")
    return str(refused.value)


@pytest.mark.parametrize("logged_in", [False, True], ids=["stranger", "camera"])
async def test_who_never_finishes_a_line_is_disconnected(certificate: Path, photo: bytes, logged_in: bool) -> None:
    async with shop(certificate, photo, login_timeout_s=1, idle_timeout_s=2) as ftp:

        def drip() -> None:
            with greeted(ftp) as connection:
                if logged_in:
                    log_in(connection)
                connection.settimeout(0.1)
                with suppress(ConnectionResetError, BrokenPipeError):
                    for _ in range(100):
                        connection.sendall(b"N")
                        with suppress(TimeoutError):
                            if not connection.recv(1000):
                                return

        began = monotonic()
        await client(drip)
        assert monotonic() - began < 4


async def test_one_that_goes_on_talking_does_not_keep_the_others_connected(certificate: Path) -> None:
    # Whatever else happens would set the timers of the two right.
    async with running_ftp(certificate, idle_timeout_s=1) as ftp:

        def talk() -> bytes:
            with ftp.connect() as talking, ftp.connect() as silent:
                assert silent.sock is not None
                silent.sock.settimeout(0.1)
                for _ in range(40):
                    assert talking.sendcmd("NOOP").startswith("200")
                    with suppress(TimeoutError):
                        return silent.sock.recv(100)
                return b""

        assert (await client(talk)).startswith(b"421")


async def test_idle_strangers_are_told_to_go(certificate: Path, photo: bytes) -> None:
    async with shop(certificate, photo, login_timeout_s=1) as ftp:

        def idle() -> None:
            with crowd_of(20, ftp) as strangers:
                for stranger in strangers:
                    assert until_ended(stranger).startswith(b"421 Nobody has logged in")

        began = monotonic()
        await client(idle)
        assert monotonic() - began < 4


@pytest.mark.parametrize("way", ["explicit", "implicit"])
async def test_a_tls_handshake_that_never_ends_is_ended(certificate: Path, photo: bytes, way: str) -> None:
    async with shop(certificate, photo, login_timeout_s=1) as ftp:

        def begin() -> None:
            if way == "implicit":
                connection = socket.create_connection(("127.0.0.1", ftp.options.implicit_port or 0), timeout=20)
            else:
                connection = greeted(ftp)
                connection.sendall(b"AUTH TLS\r\n")
                assert connection.recv(100).startswith(b"234")
            with connection:
                connection.sendall(b"\x16\x03\x01")
                until_ended(connection)

        began = monotonic()
        await client(begin)
        assert monotonic() - began < 4


async def test_strangers_make_room_and_cameras_do_not(certificate: Path, photo: bytes) -> None:
    # No second camera that comes and goes: as long as it has not logged in, it is a stranger like the others.
    async with running_ftp(certificate, max_connections=4) as ftp:

        def crowd() -> None:
            with ftp.connect() as session, crowd_of(10, ftp) as strangers:
                for stranger in strangers[:7]:
                    assert until_ended(stranger) == b""
                with ftp.connect() as another:
                    assert until_ended(strangers[7]) == b""
                    assert store(another, photo).startswith("226")
                assert store(session, photo).startswith("226")

        await client(crowd)


async def test_when_cameras_take_all_connections_a_further_one_is_told_so(certificate: Path, photo: bytes) -> None:
    async with running_ftp(certificate, max_connections=3) as ftp:

        def fill() -> None:
            with ftp.connect() as first, ftp.connect(), ftp.connect():
                with connected(ftp) as fourth:
                    assert until_ended(fourth).startswith(b"421")
                assert store(first, photo).startswith("226")
                first.quit()
                with ftp.connect() as another:
                    assert store(another, photo).startswith("226")

        await client(fill)


async def test_one_address_may_have_so_many_connections(certificate: Path, photo: bytes) -> None:
    async with shop(certificate, photo, max_connections_per_address=3) as ftp:

        def fill() -> None:
            with crowd_of(3, ftp, "127.0.0.2") as (first, *_):
                with connected(ftp, "127.0.0.2") as fourth:
                    assert until_ended(fourth).startswith(b"421")
                first.sendall(b"QUIT\r\n")
                assert until_ended(first).startswith(b"221")
                greeted(ftp, "127.0.0.2").close()

        await client(fill)


async def test_one_login_may_have_so_many_connections_and_logging_in_again_is_not_another(
    certificate: Path, photo: bytes
) -> None:
    async with shop(certificate, photo, max_connections_per_login=2) as ftp:

        def fill() -> None:
            with ftp.connect() as first, ftp.connect():
                with connected(ftp) as third:
                    third.sendall(f"USER cam-1\r\nPASS {SECRET}\r\n".encode())
                    assert b"\n421 Too many connections" in until_ended(third)
                for _ in range(5):
                    assert first.login("cam-1", SECRET).startswith("230")
                assert store(first, photo).startswith("226")
            with ftp.connect() as first, ftp.connect() as second:
                assert store(first, photo).startswith("226")
                assert store(second, photo).startswith("226")

        await client(fill)


async def test_wrong_passwords_are_answered_late_and_lock_nobody_out(certificate: Path, photo: bytes) -> None:
    async with shop(certificate, photo) as ftp:

        def guess() -> list[tuple[bytes, float]]:
            with crowd_of(9, ftp) as guessers:
                for guesser in guessers:
                    guesser.sendall(b"USER cam-1\r\n")
                    assert guesser.recv(100).startswith(b"331")
                began = monotonic()
                for number, guesser in enumerate(guessers, 1):
                    guesser.sendall(b"PASS wrong\r\n")
                    # The last one is one too many, and is disconnected at once.
                    while len(ftp.server._waiting) < min(number, 8) and monotonic() < began + 2:
                        sleep(0.01)
                return [(guesser.recv(100)[:3], monotonic() - began) for guesser in reversed(guessers)]

        (one_too_many, at_once_s), *others = await client(guess)
        assert one_too_many == b"421"
        assert at_once_s < 1
        assert all(code == b"530" and took_s > 2.5 for code, took_s in others)
        assert (await client(lambda: wrong_login(ftp))).startswith("530")


async def test_a_refusal_that_was_not_waited_for_is_not_owed_for_ever(certificate: Path, photo: bytes) -> None:
    async with shop(certificate, photo) as ftp:

        def guess_without_listening() -> None:
            for _ in range(4):
                with greeted(ftp) as guesser:
                    guesser.sendall(b"USER cam-1\r\nPASS wrong\r\n" * 3)
                    assert guesser.recv(10)

        await client(guess_without_listening)
        await asyncio.sleep(3.5)  # the refusals' time
        assert (await client(lambda: wrong_login(ftp))).startswith("530")


async def test_a_late_refusal_does_not_disturb_whoever_came_after(certificate: Path, photo: bytes) -> None:
    async with running_ftp(certificate, max_connections=2) as ftp:

        def take_the_place() -> None:
            # Made now, so that the number of the guesser's socket goes to the server's end of it.
            with greeted(ftp) as guesser, ftp.connect() as camera, socket.socket() as last:
                guesser.sendall(b"USER cam-1\r\nPASS wrong\r\n")
                assert guesser.recv(100).startswith(b"331")
                with ftp.connect() as another:  # the guesser has to go
                    camera.quit()
                    last.settimeout(2)
                    last.connect(("127.0.0.1", ftp.server.port))
                    assert last.recv(100).startswith(b"220")
                    log_in(last)
                    until = monotonic() + 4
                    while monotonic() < until:
                        assert another.sendcmd("NOOP").startswith("200")
                        last.sendall(b"NOOP\r\n")
                        assert last.recv(100).startswith(b"200")
                        sleep(0.05)
                    assert store(another, photo).startswith("226")

        await client(take_the_place)


async def test_an_upload_that_hardly_moves_is_ended(
    certificate: Path, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{CHANNEL}.UploadChannel.timeout", 1)
    async with shop(certificate, photo, min_upload_bytes_per_s=1024) as ftp:

        def drip() -> str:
            with ftp.connect() as session:
                session.voidcmd("TYPE I")
                data = session.transfercmd("STOR photo.jpg")
                with suppress(OSError):
                    for start in range(0, 1000, 10):
                        data.sendall(photo[start : start + 10])
                        sleep(0.1)
                data.close()
                with pytest.raises(ftplib.Error) as ended:
                    session.voidresp()
                assert store(session, photo).startswith("226")
                return str(ended.value)

        began = monotonic()
        assert (await client(drip)).startswith("451")
        assert monotonic() - began < 4
        assert kept_of(ftp, "cam-1") == [photo]


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_whole_photo_whose_data_connection_stays_open_is_kept_and_answered(
    certificate: Path, photo: bytes, tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{CHANNEL}.UploadChannel.timeout", 1)
    async with shop(certificate, photo, min_upload_bytes_per_s=1024) as ftp:

        def upload() -> None:
            with ftp.connect(tls) as session:
                session.voidcmd("TYPE I")
                data = session.transfercmd("STOR photo.jpg")
                data.sendall(photo)
                assert session.voidresp().startswith("226")
                data.close()
                assert store(session, photo).startswith("226")

        began = monotonic()
        await client(upload)
        assert monotonic() - began < 5
        assert set(kept_of(ftp, "cam-1")) == {photo}


async def test_a_data_connection_without_a_transfer_is_ended_and_the_session_goes_on(
    certificate: Path, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{CHANNEL}.UploadChannel.timeout", 1)
    async with shop(certificate, photo) as ftp:

        def wait() -> None:
            with ftp.connect() as session:
                with socket.create_connection(session.makepasv(), timeout=4) as data:
                    assert data.recv(1) == b""
                assert store(session, photo).startswith("226")

        await client(wait)


async def test_a_port_that_nobody_connects_to_is_given_back(
    certificate: Path, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{CHANNEL}.PassivePort.timeout", 1)
    first_port = options(certificate).passive_ports.start
    async with running_ftp(certificate, passive_ports=range(first_port, first_port + 3)) as ftp:

        def wait() -> None:
            with ftp.connect() as one, ftp.connect() as two, ftp.connect() as served:
                for _ in range(2):
                    one.makepasv()
                    two.makepasv()
                    assert store(served, photo).startswith("226")
                    assert one.getline().startswith("421")
                    assert two.getline().startswith("421")

        await client(wait)


async def test_a_data_connection_from_elsewhere_is_refused_and_the_camera_hears_nothing_of_it(
    certificate: Path, photo: bytes
) -> None:
    async with shop(certificate, photo) as ftp:

        def intrude() -> None:
            with ftp.connect() as session:
                session.voidcmd("TYPE I")
                address = session.makepasv()
                with socket.create_connection(address, timeout=20, source_address=("127.0.0.2", 0)) as intruder:
                    assert until_ended(intruder) == b""
                with socket.create_connection(address, timeout=20) as data:
                    assert session.sendcmd("STOR photo.jpg").startswith("1")
                    data.sendall(photo)
                assert session.getresp().startswith("226")

        await client(intrude)
        assert kept_of(ftp, "cam-1") == [photo]


async def test_who_does_not_read_the_answers_is_disconnected(certificate: Path, photo: bytes) -> None:
    async with shop(certificate, photo) as ftp:

        def flood() -> None:
            with ftp.connect() as session:
                assert session.sock is not None
                session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                with pytest.raises((ConnectionResetError, BrokenPipeError)):
                    session.sock.sendall(b"NOOP\r\n" * 10_000_000)

        await client(flood)


async def test_a_stranger_may_say_so_many_lines(certificate: Path, photo: bytes) -> None:
    async with shop(certificate, photo) as ftp:

        def talk() -> bytes:
            with greeted(ftp) as stranger:
                stranger.sendall(b"NOOP\r\n" * 150)
                return until_ended(stranger)

        said = (await client(talk)).splitlines()
        assert len(said) <= 101
        assert said[-1].startswith(b"421")


async def test_a_want_of_files_passes(certificate: Path, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_ftp(certificate) as ftp:
        (acceptor, *_) = ftp.server._acceptors
        accept, wants = acceptor.accept, iter([True])

        def want() -> object:
            if next(wants, False):
                raise OSError(errno.EMFILE, "Too many open files")
            return accept()

        monkeypatch.setattr(acceptor, "accept", want)

        def upload() -> str:
            with ftp.connect() as session:
                return store(session, photo)

        assert (await client(upload)).startswith("226")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name[:20]))
async def test_whatever_a_path_says_every_command_is_answered_and_photos_land_on_their_camera(
    certificate: Path, photo: bytes, name: bytes
) -> None:
    async with shop(certificate, photo) as ftp:

        def say_all(lines: BufferedRWPair) -> None:
            for command in COMMANDS:
                say(lines, command + b" " + name)
            assert say(lines, b"NOOP").startswith(b"200"), "every command has had one answer"

        def upload() -> None:
            with greeted(ftp) as connection, connection.makefile("rwb") as lines:
                log_in(connection)
                say_all(lines)
                for command in (b"STOR", b"APPE", b"STOU"):
                    port = int(say(lines, b"EPSV").split(b"|")[3])
                    with socket.create_connection(("127.0.0.1", port), timeout=20) as data:
                        assert say(lines, command + b" " + name).startswith(b"1")
                        data.sendall(photo)
                    assert heard(lines).startswith(b"226")
                say_all(lines)

        await client(upload)
        assert set(kept_of(ftp, "cam-1")) == {photo}
        key = re.compile(r"photos/north/shop-1/\d{4}/\d\d/\d\d/cam-[12]/\d{9}-[^/]*\.jpg", re.ASCII)
        assert all(map(key.fullmatch, ftp.storage.photos))


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_nothing_can_be_read_back(certificate: Path, photo: bytes, tls: bool) -> None:
    async with shop(certificate, photo) as ftp:

        def read_back() -> None:
            with ftp.connect(tls) as session, ftp.connect(tls, login="cam-2") as other:
                assert store(session, photo, "/a/photo.jpg").startswith("226")
                assert session.size("/a/photo.jpg") == len(photo)
                with pytest.raises(ftplib.error_perm, match=r"^550"):
                    other.size("/a/photo.jpg")
                for name in ("/a/photo.jpg", "/a/../a/photo.jpg", next(iter(ftp.storage.photos))):
                    for reader in (session, other):
                        with pytest.raises(ftplib.error_perm, match=r"^550"):
                            reader.retrbinary(f"RETR {name}", lambda _: pytest.fail("a photo came back"))
                session.rename("/a/photo.jpg", "/a/final.jpg")
                with pytest.raises(ftplib.error_perm, match=r"^550"):
                    session.retrbinary("RETR /a/final.jpg", lambda _: pytest.fail("a photo came back"))

        await client(read_back)
