"""Signing in at an OpenID provider: what is remembered while somebody is there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in that has begun at the provider.

    Args:
        url: where the browser goes.
        state: comes back with the browser.
        nonce: comes back inside the signed identity.
        verifier: proves that who asks for the identity is who began (PKCE).
    """

    url: str
    state: str
    nonce: str
    verifier: str


class OpenidError(Exception):
    """The provider's answer cannot be trusted, or it has refused. The message is for the log."""
