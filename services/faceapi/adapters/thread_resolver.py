"""Names looked up in threads that nobody else waits for."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class ThreadResolver(AbstractResolver):
    """Asks the machine's resolver.

    A lookup that is given up goes on in its thread until the name server's time is over. In the event loop's own threads
    names of somebody's slow name server would hold up ours; here they hold up each other.

    Args:
        at_once: lookups at the same time; others wait for one of them.
    """

    def __init__(self, at_once: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            OSError: it has none, or is no name.
        """
        ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except UnicodeError as error:  # such as a label of 64 letters
            raise OSError("not a name") from error
        return [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=family, proto=protocol, flags=_NUMERIC)
            for family, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Begin no further lookups."""
        self._threads.shutdown(wait=False, cancel_futures=True)
