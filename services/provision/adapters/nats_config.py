"""Users, rights and the link between cell and headquarters, as nats-server reads them."""

import json
from collections.abc import Callable, Sequence

from services.provision.domain.nats_rights import kept_in_cell, nats_permissions
from services.provision.domain.site import Site

# A link that is cut is noticed, and made anew, within half a minute.
_PING_EVERY_S = 10
_MOST_PINGS = 2
HEADQUARTERS_URL = "NATS_HEADQUARTERS_URL"


def variable(name: str) -> str:
    """Let nats-server read a value from its environment."""
    return f"${name}"


def password_variable(user: str) -> str:
    """Where nats-server finds a user's password."""
    return f"NATS_{user.upper().replace('-', '_')}_PASSWORD"


def nats_config(site: Site, value: Callable[[str], str] = variable) -> str:
    """A part of nats.conf.

    Args:
        site: whose.
        value: what stands for an environment variable, by its name: for itself, or its content as JSON.
    """
    parts = [_authorization(site, value)]
    if site.domain:
        parts.append(f'ping_interval: "{_PING_EVERY_S}s"\nping_max: {_MOST_PINGS}\n')
    if site.headquarters:
        parts.append(_remote(site, value))
    return "\n".join(parts)


def _authorization(site: Site, value: Callable[[str], str]) -> str:
    lines = ["authorization {", "  users: ["]
    for user, rights in nats_permissions(site).items():
        lines += ["    {", f"      user: {user}", f"      password: {value(password_variable(user))}"]
        if site.domain:
            # Whoever knows the password of a service is no server, and a server is no service.
            lines.append(f"      allowed_connection_types: [{'LEAFNODE' if rights.is_link else 'STANDARD'}]")
        lines += ["      permissions {", *_subjects("publish", rights.publish, 8)]
        lines += [*_subjects("subscribe", rights.subscribe, 8), "      }", "    }"]
    return "\n".join([*lines, "  ]", "}", ""])


def _remote(site: Site, value: Callable[[str], str]) -> str:
    incoming, outgoing = kept_in_cell(site.domain)
    lines = ["leafnodes {", "  remotes: [", "    {", f"      urls: [{value(HEADQUARTERS_URL)}]"]
    lines += [*_subjects("deny_imports", incoming, 6), *_subjects("deny_exports", outgoing, 6)]
    return "\n".join([*lines, "    }", "  ]", "}", ""])


def _subjects(name: str, subjects: Sequence[str], indent: int) -> list[str]:
    """A list of subjects, one a line."""
    margin = " " * indent
    return [f"{margin}{name}: [", *(f"{margin}  {json.dumps(subject)}" for subject in subjects), f"{margin}]"]
