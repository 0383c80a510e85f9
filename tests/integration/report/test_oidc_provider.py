"""Signing in at a real OpenID Connect provider: what is believed of it, and what is not."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from services.common.errors import TransientError
from services.report.adapters.oidc_provider import OidcProvider
from services.report.domain.openid import OpenidError, Started
from services.report.domain.signing_in import Identity
from tests.servers.openid import CLIENT, SECRET, OpenidServer, running_openid_server
from tests.servers.running import free_ports

BACK = "https://stats.example.com/login/openid/back"


@pytest.fixture
async def server() -> AsyncIterator[OpenidServer]:
    async with running_openid_server() as running:
        yield running


@pytest.fixture
def provider(server: OpenidServer) -> OidcProvider:
    return OidcProvider(server.issuer, CLIENT, SECRET, BACK)


async def code_of(started: Started) -> str:
    """What the browser brings back."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(started.url)
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
    query = parse_qs(back.query)
    assert query["state"] == [started.state]
    return query["code"][0]


async def identity(provider: OidcProvider) -> Identity:
    started = await provider.begin()
    return await provider.finish(await code_of(started), started.nonce, started.verifier)


async def test_whom_the_provider_knows_comes_back(server: OpenidServer, provider: OidcProvider) -> None:
    server.claims = {"email": "Ana@Example.com"}
    assert await identity(provider) == Identity(server.issuer, "4711", "ana@example.com")


async def test_every_sign_in_has_secrets_of_its_own(provider: OidcProvider) -> None:
    first, second = await provider.begin(), await provider.begin()
    assert len({first.state, second.state, first.nonce, second.nonce, first.verifier, second.verifier}) == 6
    assert first.verifier not in first.url


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "somebody-elses"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": [CLIENT, "another-client"]},
        {"iss": "https://evil.example.com"},
        {"iss": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"sub": None},
    ],
    ids=str,
)
async def test_an_identity_that_does_not_hold_is_not_believed(
    server: OpenidServer, provider: OidcProvider, claims: dict[str, Any]
) -> None:
    server.claims = claims
    with pytest.raises(OpenidError, match="identity"):
        await identity(provider)


@pytest.mark.parametrize("verified", [False, None, "true", 1])
async def test_an_email_that_is_not_verified_is_none(
    server: OpenidServer, provider: OidcProvider, verified: object
) -> None:
    server.claims = {"email_verified": verified}
    assert await identity(provider) == Identity(server.issuer, "4711", None)


async def test_a_foreign_signature_is_not_believed(server: OpenidServer, provider: OidcProvider) -> None:
    server.shown_key = RSAKey.generate_key(2048, {"kid": "1"})
    with pytest.raises(OpenidError, match="identity does not hold"):
        await identity(provider)


async def test_no_signature_and_a_shared_secret_are_not_believed(server: OpenidServer, provider: OidcProvider) -> None:
    server.algorithm = "none"
    with pytest.raises(OpenidError, match="identity does not hold"):
        await identity(provider)
    server.algorithm = "HS256"
    server.shown_key = server.key
    server.key = OctKey.import_key(base64.b64encode(SECRET.encode()).decode())  # type: ignore[assignment]
    with pytest.raises(OpenidError, match="identity does not hold"):
        await identity(provider)


async def test_changed_keys_are_asked_for_again_but_not_all_the_time(
    server: OpenidServer, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await identity(provider)
    server.key = RSAKey.generate_key(2048, {"kid": "2"})
    with pytest.raises(OpenidError):
        await identity(provider)
    assert server.asked == ["keys"]
    monkeypatch.setattr("services.report.adapters.oidc_provider._KEYS_FOR_S", 0.0)
    assert (await identity(provider)).subject == "4711"
    assert server.asked == ["keys", "keys"]


async def test_a_code_works_once_and_with_its_verifier_only(provider: OidcProvider) -> None:
    started = await provider.begin()
    code = await code_of(started)
    with pytest.raises(OpenidError, match="refused"):
        await provider.finish(code, started.nonce, "another verifier, of which the provider has heard nothing")
    started = await provider.begin()
    code = await code_of(started)
    await provider.finish(code, started.nonce, started.verifier)
    with pytest.raises(OpenidError, match="refused"):
        await provider.finish(code, started.nonce, started.verifier)


async def test_a_provider_that_is_away_is_no_refusal(server: OpenidServer) -> None:
    (port,) = free_ports(1)
    with pytest.raises(TransientError, match="away"):
        await OidcProvider(f"http://127.0.0.1:{port}", CLIENT, SECRET, BACK).begin()
    with pytest.raises(OpenidError, match="another"):
        await OidcProvider(f"http://localhost:{server.port}", CLIENT, SECRET, BACK).begin()


def test_a_provider_is_asked_by_https() -> None:
    with pytest.raises(ValueError, match="https"):
        OidcProvider("http://id.example.com", CLIENT, SECRET, BACK)
