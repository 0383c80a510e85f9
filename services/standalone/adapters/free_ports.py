"""Whether ports are free, before anything is started."""

import socket
from collections.abc import Mapping


class BusyPortError(Exception):
    """Another program listens on a port that we need."""


def check_free(ports: Mapping[str, int], setting_of: Mapping[str, str], host: str = "127.0.0.1") -> None:
    """See that nobody listens on these ports.

    Args:
        ports: by what will listen there, in words.
        setting_of: the setting that moves a port, by the same words; the rest follow the internal ports' setting.
        host: the address.

    Raises:
        BusyPortError: naming the port, what it is for, and the setting that moves it.
    """
    for purpose, port in ports.items():
        with socket.socket() as probe:
            # As servers do: a port whose last connections are still winding down is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                setting = setting_of.get(purpose, "FACETALLY_STANDALONE_INTERNAL_PORT_FIRST")
                raise BusyPortError(
                    f"port {port}, meant for {purpose}, is in use by another program: stop that program, or set "
                    f"{setting} to another port"
                ) from error
