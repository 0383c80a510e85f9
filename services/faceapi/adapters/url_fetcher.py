"""Photos that somebody gives the address of: fetched from the internet, and from no network of ours.

Whoever gives the address chooses the name, the name server's answers, the server behind it and all that it says. Where a
connection leads is therefore judged once, by the address that a socket is about to be connected to: redirects, names with
several addresses and names that change theirs all come past there (`aiohttp.TCPConnector(socket_factory=...)`).
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from errno import EACCES
from typing import Final

import aiohttp
from yarl import URL

from services.common.errors import BadInputError
from services.faceapi.adapters.internet_addresses import Network, may_be_reached, parse_literal
from services.faceapi.adapters.thread_resolver import ThreadResolver

_MAX_URL: Final = 2_048
_MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# What a server may have sent before anybody looks at it. uvloop reads on while its buffer of 256 kB gets full, and 8 MB of
# interim answers (1xx) become 200 MB of objects; with less than that at a time they stay at 7 MB.
_UNREAD_BYTES: Final = 128 << 10
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,253}")
_HEADERS: Final = {"User-Agent": "facetally", "Accept": "image/*", "Accept-Encoding": "identity"}


class UrlFetcher:
    """Fetches photos by http and https.

    Args:
        allowed: networks that may be fetched from although they are not the internet's.
        max_bytes: of a photo.
        timeout_s: for everything, redirects and waiting for a free connection included.
    """

    def __init__(
        self, session: aiohttp.ClientSession, allowed: Sequence[Network], max_bytes: int, timeout_s: float
    ) -> None:
        self._session = session
        self._allowed = allowed
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s

    @classmethod
    @asynccontextmanager
    async def running(
        cls, allowed_networks: Sequence[Network], max_bytes: int, timeout_s: float = 5.0, at_once: int = 16
    ) -> AsyncIterator["UrlFetcher"]:
        """A fetcher for as long as the block runs.

        Args:
            allowed_networks: that may be fetched from although they are not the internet's.
            max_bytes: of a photo.
            timeout_s: for a whole fetch.
            at_once: fetches at the same time; others wait for one of them.
        """
        resolver = ThreadResolver(at_once)
        connector = aiohttp.TCPConnector(
            resolver=resolver,
            use_dns_cache=False,
            limit=at_once,
            force_close=True,  # nobody gets what is left of another's connection
            socket_factory=_Opener(allowed_networks),
        )
        session = aiohttp.ClientSession(
            connector=connector,
            headers=_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a few kB can be a GB
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
        )
        try:
            async with session:
                yield cls(session, allowed_networks, max_bytes, timeout_s)
        finally:
            await resolver.close()

    async def __call__(self, url: str) -> bytes:
        """The bytes behind a URL, as they are.

        A redirect is followed three times, from https to http never.

        Raises:
            BadInputError: `bad_url`, the address itself says that nothing is fetched from there; `too_large`;
                `unreachable`, nothing came from there in time. Why not is never said: it would tell which of our own names
                and ports there are.
        """
        # Without their causes: those name the address, which belongs into no log.
        try:
            target = self._checked(url)
        except _RefusedError:
            raise BadInputError("bad_url", "This is not an address that photos are fetched from.") from None
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._fetch(target)
        except (_RefusedError, aiohttp.ClientError, OSError):  # of which TimeoutError is one
            raise BadInputError("unreachable", "No photo could be fetched from this address.") from None

    async def _fetch(self, url: URL) -> bytes:
        for _ in range(_MAX_REDIRECTS + 1):
            async with self._session.get(url, allow_redirects=False) as answer:
                if answer.status == 200:
                    return await self._body(answer)
                if answer.status not in _REDIRECTS:
                    raise _RefusedError("not a photo")
                following = self._checked(answer.headers.get("Location", ""), url)
            if url.scheme == "https" and following.scheme != "https":
                raise _RefusedError("a redirect to where others can listen")
            url = following
        raise _RefusedError("too many redirects")

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        if (answer.content_length or 0) <= self._max_bytes:
            async for piece in answer.content.iter_any():
                body += piece
                if len(body) > self._max_bytes:
                    break
            else:
                return bytes(body)
        raise BadInputError("too_large", f"The photo has more than {self._max_bytes} bytes.")

    def _checked(self, text: str, base: URL | None = None) -> URL:
        """A URL that may be asked for; a name's addresses are not known here yet.

        Raises:
            _RefusedError: nothing is fetched from there, whatever the network says.
        """
        if not text or len(text) > _MAX_URL or not text.isprintable():
            raise _RefusedError("not an address")
        try:
            url = URL(text) if base is None else base.join(URL(text))
            has_host = bool(url.host)  # which a malformed one of IDNA fails only here
        except ValueError as error:
            raise _RefusedError("not an address") from error
        if url.scheme not in ("http", "https") or not has_host or not url.port:
            raise _RefusedError("not an address of the web")
        if url.user is not None or url.password is not None:
            raise _RefusedError("an address with a login")
        host = (url.raw_host or "").rstrip(".")
        if literal := parse_literal(host):
            if not may_be_reached(literal, self._allowed):
                raise _RefusedError("an address of ours")
        elif _NAME.fullmatch(host) is None or _is_disguised(host):
            raise _RefusedError("not a host")
        return url


class _RefusedError(Exception):
    """Nothing is fetched from there, or what is there is no photo."""


class _Opener:
    """Opens the sockets of connections that may be made.

    Args:
        allowed: networks that may be connected to although they are not the internet's.
    """

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed

    def __call__(self, target: aiohttp.AddrInfoType) -> socket.socket:
        """A socket for what aiohttp connects it to next.

        Raises:
            PermissionError: it may not.
        """
        family, kind, protocol, _, address = target
        host = parse_literal(str(address[0]))
        if host is None or not may_be_reached(host, self._allowed):
            raise PermissionError(EACCES, "not an address of the internet")
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UNREAD_BYTES)
        return opened


def _is_disguised(host: str) -> bool:
    """Whether a host is an IPv4 address in one of the old ways to write one, such as 127.1 and 0x7f000001."""
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True
