"""A company's own sign-on, from the button to the session."""

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from services.report.adapters.oidc_provider import OidcProvider
from services.report.domain.people import Role
from tests.integration.report.doors import Door, is_in
from tests.servers.openid import CLIENT, SECRET, OpenidServer, running_openid_server


@pytest.fixture
async def company(door: Door) -> AsyncIterator[OpenidServer]:
    """An OpenID provider that the pages know."""
    async with running_openid_server() as server:
        provider = OidcProvider(server.issuer, CLIENT, SECRET, "http://localhost/login/openid/back")
        door.app.state.gate = replace(door.gate, provider=provider, provider_label="Continue with Example Inc.")
        yield server


async def through_provider(client: httpx.AsyncClient, wanted: str = "/") -> httpx.Response:
    """What the pages answer to a browser that comes back from the provider."""
    away = await client.get("/login/openid", params={"next": wanted})
    assert away.status_code == 303
    async with httpx.AsyncClient() as browser:
        back = urlsplit((await browser.get(away.headers["location"])).headers["location"])
    return await client.get(f"{back.path}?{back.query}")


async def test_the_companys_sign_on_lets_known_people_in(door: Door, company: OpenidServer) -> None:
    await door.add("ana@example.com", Role.MANAGER)
    async with door.stranger() as client:
        assert "Continue with Example Inc." in (await client.get("/login")).text
        answer = await through_provider(client, "/explore?period=7d")
        assert (answer.status_code, answer.headers["location"]) == (303, "/explore?period=7d")
        assert await is_in(client)
    company.claims = {"email": "renamed@example.com"}
    async with door.stranger() as client:
        assert (await through_provider(client, "//evil.example")).headers["location"] == "/"
        assert await is_in(client), "known by who they are there, and not by their address"


@pytest.mark.parametrize(
    "claims",
    [{"email": "nobody@example.com"}, {"email_verified": False}, {"nonce": "wrong"}, {"aud": "wrong"}, {"iss": "https://x"}],
    ids=str,
)  # fmt: skip
async def test_the_companys_sign_on_lets_nobody_else_in(
    door: Door, company: OpenidServer, claims: dict[str, object]
) -> None:
    await door.add("ana@example.com", Role.MANAGER)
    company.claims = claims
    async with door.stranger() as client:
        answer = await through_provider(client)
        assert (answer.status_code, "does not let you in" in answer.text) == (403, True)
        assert not await is_in(client)
    assert (await door.actions())[-1] == "sign_in_failed"
    assert len(await door.gate.people.store.people()) == 1, "nobody is made by signing in"


async def test_nobody_is_signed_in_through_somebody_elses_way_back(door: Door, company: OpenidServer) -> None:
    await door.add("ana@example.com", Role.MANAGER)
    async with door.stranger() as attacker, door.stranger() as victim:
        away = await attacker.get("/login/openid")
        async with httpx.AsyncClient() as browser:
            back = urlsplit((await browser.get(away.headers["location"])).headers["location"])
        assert (await victim.get(f"{back.path}?{back.query}")).status_code == 403, "they have begun nothing"
        await victim.get("/login/openid")
        assert (await victim.get(f"{back.path}?{back.query}")).status_code == 403, "it is another state"
        assert not await is_in(victim)
        assert (await attacker.get(f"{back.path}?error=access_denied")).status_code == 403


async def test_without_a_provider_there_is_no_such_page(door: Door) -> None:
    async with door.stranger() as client:
        for path in ("/login/openid", "/login/openid/back?code=x&state=y"):
            assert (await client.get(path)).status_code == 404
