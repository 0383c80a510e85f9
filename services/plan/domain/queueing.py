"""How long one waits for one of several servers. Pure."""

import math


def erlang_c(servers: int, load: float) -> float:
    """How likely an arrival is to find all servers busy (M/M/c).

    Args:
        load: arrivals a second times seconds of service; less than `servers`.

    Source: Erlang's second formula, from his first by recursion, which does not overflow.
    """
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    busy = load / servers
    return blocked / (1 - busy * (1 - blocked))


def wait_s(per_s: float, service_s: float, spread: float, servers: int) -> float:
    """The mean wait for a server, seconds; infinite where more comes than can be served.

    Args:
        service_s: mean time of service.
        spread: its standard deviation, as a share of the mean.

    Source: Allen and Cunneen's approximation for M/G/c; exact for one server (Pollaczek and Khinchine) and for M/M/c.
    """
    load = per_s * service_s
    if load >= servers:
        return math.inf
    return erlang_c(servers, load) * service_s / (servers - load) * (1 + spread**2) / 2
