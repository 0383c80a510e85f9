"""The FTP server with a real client (ftplib), plain and TLS; what is behind it is a fake."""

import asyncio
import ftplib
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from loadtest.ftp_session import believing_context
from services.ingest.adapters.ftp_server import FtpServer, PortTakenError
from services.standalone.adapters.state_folder import StateFolder
from tests.servers.ftp import LIMIT_BYTES, SECRET, Ftp, client, options, running_ftp, store


@pytest.fixture
async def ftp(certificate: Path) -> AsyncIterator[Ftp]:
    async with running_ftp(certificate) as running:
        yield running


@pytest.fixture(scope="module")
def photo(demo_photos: Path) -> bytes:
    return (demo_photos / "photo-01.jpg").read_bytes()


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
    async with running_ftp(certificate, require_tls=True) as ftp:
        with pytest.raises(ftplib.error_perm, match="TLS"):
            await client(ftp.connect)

        def unprotected() -> None:
            with ftp.connect(tls=True) as session:
                session.prot_c()  # type: ignore[attr-defined]
                session.makepasv()

        with pytest.raises(ftplib.error_perm, match="TLS"):
            await client(unprotected)


async def test_a_photo_is_taken_under_its_final_name(ftp: Ftp, photo: bytes) -> None:
    def upload() -> None:
        with ftp.connect() as session:
            assert store(session, photo, "/2026/upload.tmp").startswith("226")
            assert ftp.announced == []
            session.rename("/2026/upload.tmp", "/2026/K3TA_00_20220307125217.jpg")
            assert session.nlst("/2026") == ["K3TA_00_20220307125217.jpg"]

    await client(upload)
    (announced,) = ftp.announced
    assert announced.captured_at.ToJsonString() == "2022-03-07T11:52:17Z"
    assert ftp.held.photos == {}
    assert list(ftp.storage.photos.values()) == [photo]


async def test_a_rename_is_not_confirmed_while_nats_is_away_and_the_photo_stays_held(ftp: Ftp, photo: bytes) -> None:
    def upload() -> None:
        with ftp.connect() as session:
            assert store(session, photo, "upload.tmp").startswith("226")
            ftp.publisher.failures = 1
            with pytest.raises(ftplib.error_temp, match=r"^451"):
                session.rename("upload.tmp", "final.jpg")

    await client(upload)
    assert len(ftp.held.photos) == 1


async def test_appe_is_a_whole_photo_and_nothing_is_resumed(ftp: Ftp, photo: bytes) -> None:
    def upload() -> None:
        with ftp.connect() as session:
            session.voidcmd("TYPE I")
            assert session.sendcmd("REST 0").startswith("350")
            with session.transfercmd("APPE photo.jpg") as data:
                data.sendall(photo)
            assert session.voidresp().startswith("226")
            with pytest.raises(ftplib.error_perm, match=r"^502"):
                session.sendcmd("REST 500")

    await client(upload)
    assert list(ftp.storage.photos.values()) == [photo]


@pytest.mark.parametrize("name", ["DVRWorkDirectory", "clip.mp4", "testftp.txt", "test-101501.jpg"])
async def test_what_cameras_upload_beside_photos_is_accepted_whatever_its_size(ftp: Ftp, name: str) -> None:
    def upload() -> None:
        with ftp.connect() as session:
            assert store(session, bytes(2 * LIMIT_BYTES), name).startswith("226")
            assert session.size(name) == 2 * LIMIT_BYTES

    await client(upload)
    assert ftp.storage.photos == {}
    assert ftp.publisher.subjects == ["rejections.north.shop-1"]


async def test_active_mode_is_a_setting(certificate: Path, ftp: Ftp, photo: bytes) -> None:
    def refused() -> None:
        with ftp.connect() as session:
            for command in ("PORT 127,0,0,1,200,1", "EPRT |1|127.0.0.1|51201|"):
                with pytest.raises(ftplib.error_perm, match=r"^502"):
                    session.sendcmd(command)

    await client(refused)
    async with running_ftp(certificate, active_mode=True) as active:

        def upload() -> str:
            with active.connect() as session:
                session.set_pasv(False)
                return store(session, photo)

        assert (await client(upload)).startswith("226")

        def elsewhere() -> None:
            with active.connect() as session, pytest.raises(ftplib.error_perm, match="foreign"):
                session.sendcmd("PORT 10,0,0,1,200,1")

        await client(elsewhere)


async def test_passive_replies_name_the_address_of_the_gateway(certificate: Path) -> None:
    async with running_ftp(certificate, masquerade_address="203.0.113.9") as ftp:

        def ask() -> tuple[str, str]:
            with ftp.connect() as session:
                return session.sendcmd("PASV"), session.sendcmd("EPSV")

        passive, extended = await client(ask)
        assert "(203,0,113,9," in passive
        assert extended.startswith("229")


async def test_when_all_passive_ports_wait_the_next_camera_is_told_so(certificate: Path, photo: bytes) -> None:
    chosen = options(certificate)
    async with running_ftp(certificate, passive_ports=chosen.passive_ports[:2]) as ftp:

        def ask() -> None:
            with ftp.connect() as one, ftp.connect() as two, ftp.connect() as three:
                one.makepasv()
                two.makepasv()
                with pytest.raises(ftplib.error_temp, match=r"^425"):
                    three.makepasv()
                one.quit()
                assert store(three, photo).startswith("226")

        await client(ask)


async def test_implicit_tls_speaks_from_the_first_byte(ftp: Ftp, photo: bytes) -> None:
    def upload() -> str:
        assert ftp.options.implicit_port
        context = believing_context()
        with (
            socket.create_connection(("127.0.0.1", ftp.options.implicit_port), timeout=20) as plain,
            context.wrap_socket(plain) as secure,
        ):
            session = ftplib.FTP_TLS(context=context, timeout=20)
            session.sock, session.file, session.af = secure, secure.makefile("r", encoding="utf-8"), plain.family
            session.host = "127.0.0.1"
            assert session.getresp().startswith("220")
            ftplib.FTP.login(session, "cam-1", SECRET)
            session.prot_p()
            return store(session, photo)

    assert (await client(upload)).startswith("226")


async def test_a_data_connection_may_resume_the_sessions_tls(ftp: Ftp, photo: bytes) -> None:
    class Resuming(ftplib.FTP_TLS):
        resumed = False

        def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
            connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
            assert isinstance(self.sock, ssl.SSLSocket)
            secure = self.context.wrap_socket(connection, session=self.sock.session)
            Resuming.resumed = bool(secure.session_reused)
            return secure, size

    def upload() -> str:
        session = Resuming(context=believing_context(), timeout=20)
        session.connect("127.0.0.1", ftp.server.port)
        with session:
            session.login("cam-1", SECRET)
            session.prot_p()
            return store(session, photo)

    assert (await client(upload)).startswith("226")
    assert Resuming.resumed


async def test_who_closes_the_data_connection_without_reading_from_it_loses_nothing(ftp: Ftp, photo: bytes) -> None:
    def upload() -> list[str]:
        answers = []
        with ftp.connect(tls=True) as session:
            for number in range(5):
                data, _ = session.ntransfercmd(f"STOR {number}.jpg")
                data.sendall(photo)
                time.sleep(0.02)  # what the server says after the handshake, if it says anything, is here and unread
                data.close()
                answers.append(session.voidresp())
        return answers

    assert all(answer.startswith("226") for answer in await client(upload))


async def test_what_comes_in_the_clear_behind_auth_is_not_obeyed_after_it(ftp: Ftp) -> None:
    def inject() -> str:
        context = believing_context()
        with socket.create_connection(("127.0.0.1", ftp.server.port), timeout=20) as plain:
            assert plain.recv(100).startswith(b"220")
            plain.sendall(b"AUTH TLS\r\nUSER injected\r\n")
            assert plain.recv(100).startswith(b"234")
            with context.wrap_socket(plain) as secure:
                secure.sendall(b"NOOP\r\n")
                return secure.recv(200).decode()

    assert (await client(inject)).startswith("200")


async def test_a_new_certificate_is_used_without_a_restart_and_a_broken_one_is_not(
    tmp_path: Path, certificate: Path
) -> None:
    path = tmp_path / "tls.pem"
    path.write_bytes(certificate.read_bytes())
    async with running_ftp(path) as ftp:

        def shown() -> bytes:
            with ftp.connect(tls=True) as session:
                assert isinstance(session.sock, ssl.SSLSocket)
                return session.sock.getpeercert(binary_form=True) or b""

        first = await client(shown)
        with StateFolder(tmp_path / "other") as other:
            path.write_bytes(other.certificate().read_bytes())
        async with asyncio.timeout(20):
            while await client(shown) == first:
                await asyncio.sleep(0.2)
        second = await client(shown)
        path.write_text("nothing")
        await asyncio.sleep(6)
        assert await client(shown) == second


async def test_a_login_that_changes_ends_its_sessions_at_their_next_upload(ftp: Ftp, photo: bytes) -> None:
    def upload() -> None:
        with ftp.connect() as session:
            assert store(session, photo).startswith("226")
            ftp.logins.add("cam-1", "another secret")
            assert store(session, photo).startswith("421")

    await client(upload)


async def test_a_line_of_any_length_is_answered_once(ftp: Ftp, photo: bytes) -> None:
    def upload() -> None:
        with ftp.connect() as session:
            name = "x" * 4096 + ".jpg"
            assert store(session, photo, name).startswith("226")
            with pytest.raises(ftplib.error_perm, match="too long"):
                session.sendcmd("STOR " + "y" * 50_000)
            assert session.sendcmd("NOOP").startswith("200")

    await client(upload)


async def test_a_photo_may_have_several_temporary_names(ftp: Ftp, photo: bytes) -> None:
    def upload() -> None:
        with ftp.connect() as session:
            assert store(session, photo, "upload.tmp").startswith("226")
            session.rename("upload.tmp", "upload.part")
            assert ftp.announced == []
            session.rename("upload.part", "K3TA_00_20220307125217.jpg")

    await client(upload)
    (announced,) = ftp.announced
    assert announced.captured_at.ToJsonString() == "2022-03-07T11:52:17Z"


async def test_what_one_login_holds_another_cannot_name(ftp: Ftp, photo: bytes) -> None:
    ftp.logins.add("cam-2", SECRET)

    def upload() -> None:
        with ftp.connect() as session:
            assert store(session, photo, "upload.tmp").startswith("226")
            session.login("cam-2", SECRET)
            session.rename("upload.tmp", "final.jpg")

    await client(upload)
    assert ftp.announced == []
    assert len(ftp.held.photos) == 1


async def test_room_is_promised_to_who_asks_for_it(ftp: Ftp) -> None:
    def ask() -> str:
        with ftp.connect() as session:
            return session.sendcmd("ALLO 1000000")

    assert (await client(ask)).startswith("200")
