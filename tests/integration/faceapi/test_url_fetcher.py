"""Photos by URL: what the internet may make us do, and what it may not."""

import asyncio
import gzip
import logging
import socket
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from services.common.errors import BadInputError
from services.faceapi.adapters.url_fetcher import UrlFetcher, _Opener

PHOTO = bytes(range(256)) * 400
MAX_BYTES = 1_000_000
TIMEOUT_S = 1.0
# Stands for the internet here; all else of loopback stands for what nobody may reach.
INTERNET = [ip_network("127.0.0.1/32")]
# In the full width of East Asian letters, which IDNA takes for the same.
WIDE = "127.0.0.2".translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0127"})
OK = b"HTTP/1.1 200 OK\r\n"

Respond = Callable[[bytes, StreamWriter], Awaitable[None]]


@dataclass
class Site:
    """A server of somebody's.

    Args:
        respond: given a request's head, sends what it likes.
    """

    respond: Respond
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    sent: int = 0
    connections: int = 0

    def url(self, path: str = "/photo.jpg", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                await self.respond(head, writer)
        finally:
            writer.close()


@asynccontextmanager
async def site(respond: Respond, host: str = "127.0.0.1", port: int = 0, **options: Any) -> AsyncIterator[Site]:
    there = Site(respond)
    server = await asyncio.start_server(there.serve, host, port, **options)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()


def answering(*pieces: bytes) -> Respond:
    async def respond(_: bytes, writer: StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return respond


def whole(body: bytes, more: bytes = b"") -> Respond:
    return answering(OK + b"Content-Length: %d\r\n%b\r\n" % (len(body), more) + body)


def redirecting(target: str, status: int = 302) -> Respond:
    return answering(b"HTTP/1.1 %d Elsewhere\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % (status, target.encode()))


@contextmanager
def unreachable_port(host: str) -> Iterator[tuple[int, Callable[[], int]]]:
    """A port that must not be connected to; how often it was."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        listening.setblocking(False)

        def connections() -> int:
            count = 0
            with suppress(BlockingIOError):
                while True:
                    listening.accept()[0].close()
                    count += 1
            return count

        yield listening.getsockname()[1], connections


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
async def fetch() -> AsyncIterator[UrlFetcher]:
    async with UrlFetcher.running(INTERNET, MAX_BYTES, TIMEOUT_S) as fetcher:
        yield fetcher


@dataclass
class Names:
    """A name server's answers, one list of addresses for each time that it is asked; the last one for ever."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: int = 0

    def lookup(self, host: str, port: int, *_: Any) -> list[Any]:
        self.asked += 1
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self.answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.lookup)
    return names


async def refusal(fetch: UrlFetcher, url: str) -> tuple[str, str]:
    with pytest.raises(BadInputError) as error:
        await fetch(url)
    assert error.value.__cause__ is None
    return error.value.reason, str(error.value)


async def reason(fetch: UrlFetcher, url: str) -> str:
    return (await refusal(fetch, url))[0]


async def test_a_photo_is_fetched_as_it_is(fetch: UrlFetcher) -> None:
    async with site(whole(PHOTO, b"Set-Cookie: a=b\r\n")) as there:
        assert await fetch(there.url("/photos/my%20photo.jpg?size=big&x=ü#top")) == PHOTO
        assert await fetch(there.url()) == PHOTO
        assert there.connections == 2
    first, second = there.heads
    assert first.startswith(b"GET /photos/my%20photo.jpg?size=big&x=%C3%BC HTTP/1.1\r\n")
    assert sorted(line.split(b":")[0] for line in first.split(b"\r\n")[1:-2]) == [
        b"Accept", b"Accept-Encoding", b"Connection", b"Host", b"User-Agent",
    ]  # fmt: skip
    assert b"identity" in first
    assert b"ookie" not in second


@pytest.mark.parametrize(
    "answer",
    [
        answering(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
        answering(OK + b"\r\nabc", b"def"),
        answering(b"HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n", OK + b"Content-Length: 6\r\n\r\nabcdef"),
    ],
)
async def test_every_way_to_send_a_body_is_understood(fetch: UrlFetcher, answer: Respond) -> None:
    async with site(answer) as there:
        assert await fetch(there.url()) == b"abcdef"


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "photo.jpg", "//h/x", "http:", "http://", "http:///x", "http:h/x", "http://:80/", "http://h:99999/", "http://h:0/",
        "http://h:x/", "http://[::1", "http://[::1]x/",
        "ftp://h/x", "file:///etc/passwd", "gopher://h/x", "data:image/png;base64,AAAA", "javascript:1", "unix:///run/x.sock",
        "ws://h/", "jar:http://h/!/",
        "http://user:secret@h/", "http://user@h/", "http://:secret@h/", "http://h\\@g/", "http://user@127.0.0.1/",
        "http://h/\r\nX: y", "http://h\t/", "http://h\x00/", "http:// h/", "http://h%2f/", "http://h h/",
        "http://xn--a/", "http://%31%32%37.0.0.1/", "http://h,g/", "http://h/\udcff",
        "http://h/" + "x" * 2_048,
        # Addresses in every way to write one.
        "http://127.0.0.2/", "http://127.0.0.2./", "http://127.0.0.2:8080/x", "http://10.0.0.1/", "http://169.254.169.254/latest/",
        "http://2130706434/", "http://0x7f.2/", "http://0x7f000002/", "http://0177.0.0.2/", "http://127.2/", "http://127.0.2/",
        "http://017700000002/", "http://0/", "http://0.0.0.0/", "http://127.0.0.02/", f"http://{WIDE}/", "http://127。0。0。2/",
        "http://①②⑦.⓪.⓪.②/",
        "http://2130706433/", "http://127.1/", "http://0x7f.1/",  # even of an allowed one
        "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:2]/", "http://[::127.0.0.1]/",
        "http://[0:0:0:0:0:0:0:1]/", "http://[fe80::1%25lo]/", "http://[fe80::1%lo]/", "http://[::1%25lo]/", "http://[fd00::1]/",
        "http://[2002:7f00:2::]/", "http://[64:ff9b::127.0.0.2]/", "http://[64:ff9b:1::127.0.0.2]/", "http://[ff02::1]/",
    ],
)  # fmt: skip
async def test_what_an_address_says_of_itself_is_believed(fetch: UrlFetcher, names: Names, url: str) -> None:
    assert await reason(fetch, url) == "bad_url"
    assert names.asked == 0


@pytest.mark.parametrize("host", ["127.0.0.2", "::1", "::ffff:127.0.0.2", "0.0.0.0", "::"])
async def test_nothing_of_ours_is_connected_to(fetch: UrlFetcher, names: Names, host: str) -> None:
    listening = host.removeprefix("::ffff:") if "." in host else host
    literal = f"[{host}]" if ":" in host else host
    with unreachable_port(listening) as (port, connections):
        names.answers["ours.example"] = [[host]]
        assert await reason(fetch, f"http://{literal}:{port}/") == "bad_url"
        assert await reason(fetch, f"http://ours.example:{port}/") == "unreachable"
        async with site(redirecting(f"http://{literal}:{port}/")) as there:
            assert await reason(fetch, there.url()) == "unreachable"
        async with site(redirecting(f"http://ours.example:{port}/")) as there:
            assert await reason(fetch, there.url()) == "unreachable"
        assert names.asked == 2
        assert connections() == 0
        # Where it is allowed, it is connected to: the port works, and what is tested above can fail.
        allowed = [ip_network("0.0.0.0/0"), ip_network("::/0")]
        async with UrlFetcher.running(allowed, MAX_BYTES, 0.2) as careless:
            await reason(careless, f"http://ours.example:{port}/")
        assert connections() == 1


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.2.nip.example", "ⓛocalhost"])
async def test_names_of_ours_lead_nowhere(names: Names, host: str) -> None:
    for name in ("localhost", "localhost.", "127.0.0.2.nip.example"):
        names.answers[name] = [["127.0.0.1", "::1"]]
    async with site(whole(PHOTO)) as there, UrlFetcher.running([], MAX_BYTES, TIMEOUT_S) as fetch:
        assert await reason(fetch, there.url(host=host)) == "unreachable"
        assert (names.asked, there.connections) == (1, 0)


@pytest.mark.parametrize("addresses", [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["::1", "127.0.0.1"]])
async def test_of_several_addresses_only_the_internets_are_tried(
    fetch: UrlFetcher, names: Names, addresses: list[str]
) -> None:
    names.answers["mixed.example"] = [addresses]
    with unreachable_port("127.0.0.2") as (port, connections):
        # Nobody listens on 127.0.0.1 there at first: the others are not tried instead.
        assert await reason(fetch, f"http://mixed.example:{port}/") == "unreachable"
        async with site(whole(PHOTO), port=port) as there:
            assert await fetch(there.url(host="mixed.example")) == PHOTO
        assert connections() == 0


async def test_a_name_that_changes_its_address_leads_nowhere(fetch: UrlFetcher, names: Names) -> None:
    with unreachable_port("127.0.0.2") as (port, connections):
        names.answers["twice.example"] = [["127.0.0.1"], ["127.0.0.2"]]
        async with site(whole(PHOTO), port=port) as there:
            assert await fetch(there.url(host="twice.example")) == PHOTO
            assert await reason(fetch, there.url(host="twice.example")) == "unreachable"
        names.answers["redirected.example"] = [["127.0.0.1"], ["127.0.0.2"]]
        async with site(redirecting("/again"), port=port) as there:
            assert await reason(fetch, there.url(host="redirected.example")) == "unreachable"
            assert there.connections == 1
        assert connections() == 0


async def test_nobody_learns_what_there_is_of_ours(fetch: UrlFetcher, names: Names) -> None:
    """A name of ours that there is, one that there is not, a port that is closed, a server that is silent: all the same."""
    names.answers |= {"ours.example": [["10.0.0.1"]], "closed.example": [["127.0.0.1"]], "v6.example": [["fd00::1"]]}

    async def nothing(_: bytes, writer: StreamWriter) -> None:
        await asyncio.sleep(TIMEOUT_S * 2)

    with socket.create_server(("127.0.0.1", 0)) as reserved:
        closed = reserved.getsockname()[1]
    async with site(nothing) as silent, site(redirecting("http://ours.example/")) as redirects:
        said = {
            await refusal(fetch, url)
            for url in (
                "http://ours.example/", "http://v6.example/", "http://none.example/", f"http://closed.example:{closed}/",
                silent.url(), redirects.url(), silent.url(scheme="https"),
            )
        }  # fmt: skip
    assert said == {("unreachable", "No photo could be fetched from this address.")}


async def test_redirects_are_followed_three_times(fetch: UrlFetcher) -> None:
    async def down(head: bytes, writer: StreamWriter) -> None:
        step = int(head.split()[1][1:])
        status = (301, 302, 303, 307, 308)[step]
        await (redirecting(f"{step - 1}?x=ü", status) if step else whole(PHOTO))(head, writer)

    async with site(lambda head, writer: down(head.replace(b"?x=%C3%BC", b""), writer)) as there:
        assert await fetch(there.url("/3")) == PHOTO
        assert there.connections == 4
        assert await reason(fetch, there.url("/4")) == "unreachable"
        assert there.connections == 8


@pytest.mark.parametrize(
    "target",
    [
        "/", "", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://user@127.0.0.1/", "http://[::1", "http://127.1/", "//[::1]/",
        "/" + "x" * 2_048, "/\x7f", "http://h\\@g/", "/\udcff",
    ],
)  # fmt: skip
async def test_a_redirect_is_checked_as_an_address_is(fetch: UrlFetcher, target: str) -> None:
    location = target.encode("utf-8", "surrogateescape")
    answer = answering(b"HTTP/1.1 302 Elsewhere\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % location)
    async with site(answer) as there:
        assert await reason(fetch, there.url()) == "unreachable"
        assert there.connections == (4 if target == "/" else 1)


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 404, 407, 500, 503])
async def test_only_200_is_a_photo(fetch: UrlFetcher, status: int) -> None:
    async with site(answering(b"HTTP/1.1 %d Whatever\r\nContent-Length: 0\r\n\r\n" % status)) as there:
        assert await reason(fetch, there.url()) == "unreachable"


async def test_https_is_verified_and_leads_to_no_http(fetch: UrlFetcher, names: Names, certificate: Path) -> None:
    names.answers["localhost"] = names.answers["other.example"] = [["127.0.0.1"]]
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(certificate)
    async with site(whole(PHOTO)) as plain, site(whole(PHOTO), ssl=theirs) as safe:
        assert await reason(fetch, safe.url(host="localhost", scheme="https")) == "unreachable"  # nobody vouches for it
        fetch._session.connector._ssl = ssl.create_default_context(cafile=certificate)  # type: ignore[union-attr]
        assert await fetch(safe.url(host="localhost", scheme="https")) == PHOTO
        assert await reason(fetch, safe.url(host="other.example", scheme="https")) == "unreachable"
        async with site(redirecting(safe.url(host="localhost", scheme="https"))) as up:
            assert await fetch(up.url()) == PHOTO
        async with site(redirecting(plain.url()), ssl=theirs) as down:
            assert await reason(fetch, down.url(host="localhost", scheme="https")) == "unreachable"
            assert (down.connections, plain.connections) == (1, 0)


async def test_a_body_is_read_up_to_its_limit(fetch: UrlFetcher) -> None:
    async with site(whole(bytes(MAX_BYTES))) as there:
        assert len(await fetch(there.url())) == MAX_BYTES
    async with site(answering(OK + b"\r\n", bytes(MAX_BYTES), b"x")) as there:
        assert await reason(fetch, there.url()) == "too_large"


async def test_a_body_that_says_how_long_it_is_need_not_be_read(fetch: UrlFetcher) -> None:
    async def respond(_: bytes, writer: StreamWriter) -> None:
        writer.write(OK + b"Content-Length: %d\r\n\r\nx" % (MAX_BYTES + 1))
        await asyncio.sleep(TIMEOUT_S * 2)

    began = monotonic()
    async with site(respond) as there:
        assert await reason(fetch, there.url()) == "too_large"
    assert monotonic() - began < TIMEOUT_S


def endless(beginning: bytes, piece: bytes, pause_s: float = 0) -> Respond:
    async def respond(_: bytes, writer: StreamWriter) -> None:
        writer.write(beginning)
        with suppress(OSError):
            async with asyncio.timeout(TIMEOUT_S * 3):
                while True:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(pause_s)

    return respond


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(endless(OK + b"\r\n", bytes(60_000)), "too_large", id="body"),
        pytest.param(endless(CHUNKED, b"ea60\r\n" + bytes(60_000) + b"\r\n"), "too_large", id="chunks"),
        pytest.param(endless(OK + b"\r\n", b"x", 0.05), "unreachable", id="slow body"),
        pytest.param(endless(OK, b"x: y\r\n", 0.05), "unreachable", id="slow head"),
        pytest.param(endless(OK, b"x: y\r\n" * 1_000), "unreachable", id="head"),
        pytest.param(endless(OK + b"x: ", b"y" * 60_000), "unreachable", id="header"),
        pytest.param(endless(b"HTTP/1.1 200 ", b"y" * 60_000), "unreachable", id="status"),
        pytest.param(endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1_000), "unreachable", id="interim answers"),
        pytest.param(endless(CHUNKED + b"1;", b"y" * 60_000), "unreachable", id="chunk extension"),
        pytest.param(endless(CHUNKED + b"1\r\na\r\n0\r\n", b"x: y\r\n" * 1_000), "unreachable", id="trailers"),
        pytest.param(endless(b"", b"\r\n" * 30_000), "unreachable", id="nothing"),
        pytest.param(endless(b"", b"\x00" * 60_000), "unreachable", id="rubbish"),
    ],
)
async def test_everything_ends(fetch: UrlFetcher, answer: Respond, expected: str) -> None:
    began = monotonic()
    async with site(answer) as there:
        assert await reason(fetch, there.url()) == expected
    assert monotonic() - began < TIMEOUT_S * 2


async def test_a_connection_holds_less_than_uvloop_reads_at_a_time(fetch: UrlFetcher) -> None:
    """Or else uvloop reads on before anybody looks: seconds of interim answers, and hundreds of MB of what they become."""
    with _Opener(INTERNET)((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80))) as opened:
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) <= 256 << 10  # Linux counts its own needs too


async def test_what_is_compressed_stays_so(fetch: UrlFetcher) -> None:
    bomb = gzip.compress(bytes(50 * MAX_BYTES))
    async with site(whole(bomb, b"Content-Encoding: gzip\r\n")) as there:
        assert await fetch(there.url()) == bomb


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with site(whole(b"from the proxy")) as proxy, site(whole(PHOTO)) as there:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        async with UrlFetcher.running(INTERNET, MAX_BYTES, TIMEOUT_S) as fetch:
            assert await fetch(there.url()) == PHOTO
        assert proxy.connections == 0


async def test_no_more_is_fetched_at_once_than_that() -> None:
    at_once, most = 0, 0

    async def respond(head: bytes, writer: StreamWriter) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        await whole(PHOTO)(head, writer)

    async with site(respond) as there, UrlFetcher.running(INTERNET, MAX_BYTES, 5.0, at_once=3) as fetch:
        assert await asyncio.gather(*(fetch(there.url()) for _ in range(12))) == [PHOTO] * 12
    assert most == 3


async def test_a_name_server_without_an_answer_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    over, real = threading.Event(), socket.getaddrinfo

    def lookup(host: str, *rest: Any, **more: Any) -> Any:
        if host == "slow.example":
            over.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    loop, began = asyncio.get_running_loop(), monotonic()
    async with UrlFetcher.running(INTERNET, MAX_BYTES, TIMEOUT_S) as fetch:
        waiting = [asyncio.create_task(reason(fetch, "http://slow.example/")) for _ in range(40)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(TIMEOUT_S / 2):
            assert await loop.getaddrinfo("127.0.0.1", 80)
            assert await asyncio.to_thread(lambda: "here") == "here"
        assert set(await asyncio.gather(*waiting)) == {"unreachable"}
    assert monotonic() - began < TIMEOUT_S * 2
    over.set()


async def test_who_stops_waiting_leaves_nothing_behind(fetch: UrlFetcher) -> None:
    async with site(endless(OK + b"\r\n", b"x", 0.05)) as there:
        fetching = asyncio.create_task(fetch(there.url()))
        while not there.connections:
            await asyncio.sleep(0.01)
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        assert not fetch._session.connector._acquired  # type: ignore[union-attr]


async def test_no_address_is_logged(fetch: UrlFetcher, names: Names, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    names.answers["ours-secret.example"] = [["10.0.0.1"]]
    async with site(redirecting("http://ours-secret.example/secret")) as there:
        await reason(fetch, there.url("/secret"))
        await reason(fetch, "http://none-secret.example/secret")
        await reason(fetch, "ftp://secret/")
    assert "secret" not in caplog.text
