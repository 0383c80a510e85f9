"""An OpenID Connect provider: authorization code with PKCE and nonce, the identity verified by its keys."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.common.errors import TransientError
from services.report.domain.openid import OpenidError, Started
from services.report.domain.signing_in import Identity

_TIMEOUT_S = 5.0
# Keys are asked for again when one is not known, and not more often: no answer shall make us a client that hammers.
_KEYS_FOR_S = 60.0
_LEEWAY_S = 30
# Never `none`, and nothing symmetric: a client's secret signs nobody.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
_AWAY = (httpx2.TransportError, httpx2.HTTPStatusError, TimeoutError)


class OidcProvider:
    """One provider, found through its issuer's address.

    Args:
        issuer: https, but for one on this machine.
        redirect_uri: where the provider sends browsers back to.
    """

    def __init__(self, issuer: str, client_id: str, client_secret: str, redirect_uri: str) -> None:
        url = urlsplit(issuer)
        if url.scheme != "https" and url.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("an OpenID issuer is asked by https only")
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._metadata: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None
        self._keys_at = 0.0
        self._turn = asyncio.Lock()

    async def begin(self) -> Started:
        """Begin to sign in.

        Raises:
            TransientError: the provider is away.
            OpenidError: it is not who it says.
        """
        metadata = await self._known()
        verifier, nonce = generate_token(64), generate_token(32)
        async with self._client() as client:
            url, state = client.create_authorization_url(
                metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce, state=generate_token(32)
            )
        return Started(url, state, nonce, verifier)

    async def finish(self, code: str, nonce: str, verifier: str) -> Identity:
        """Whom the provider vouches for.

        Raises:
            TransientError: the provider is away.
            OpenidError: it refuses the code, or what it says is not what we asked for.
        """
        metadata = await self._known()
        try:
            async with self._client() as client:
                token = await client.fetch_token(
                    metadata["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier
                )
        except _AWAY as error:
            raise TransientError(f"the OpenID provider is away: {type(error).__name__}") from error
        except (OAuthError, ValueError) as error:
            raise OpenidError(f"the code was refused: {type(error).__name__}") from error
        if not isinstance(token.get("id_token"), str):
            raise OpenidError("there is no identity in the answer")
        claims = await self._verified(token["id_token"], nonce)
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Identity(self._issuer, str(claims["sub"]), str(email).strip().lower() if email else None)

    async def _verified(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        rules = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            decoded = await self._decoded(id_token)
            rules.validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise OpenidError(f"the identity does not hold: {error}") from error
        audience = decoded.claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and decoded.claims.get("azp") != self._client_id:
            raise OpenidError("the identity was made for somebody else as well")
        return decoded.claims

    async def _decoded(self, id_token: str) -> jwt.Token:
        try:
            return jwt.decode(id_token, await self._key_set(), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have changed its keys.
            if time.monotonic() - self._keys_at < _KEYS_FOR_S:
                raise
            return jwt.decode(id_token, await self._key_set(again=True), algorithms=_ALGORITHMS)

    async def _key_set(self, *, again: bool = False) -> KeySet:
        metadata = await self._known()
        async with self._turn:
            if self._keys is None or again:
                self._keys = KeySet.import_key_set(await self._get(metadata["jwks_uri"]))
                self._keys_at = time.monotonic()
            return self._keys

    async def _known(self) -> Mapping[str, Any]:
        """What the provider says of itself, asked once."""
        async with self._turn:
            if self._metadata is None:
                metadata = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                wanted = {"authorization_endpoint", "token_endpoint", "jwks_uri"}
                if metadata.get("issuer") != self._issuer or not wanted <= metadata.keys():
                    raise OpenidError("the provider says that it is another, or not all that is needed")
                self._metadata = metadata
            return self._metadata

    async def _get(self, url: str) -> Any:
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_S) as client:
                answer = await client.get(url)
                answer.raise_for_status()
                return answer.json()
        except _AWAY as error:
            raise TransientError(f"the OpenID provider is away: {type(error).__name__}") from error
        except ValueError as error:
            raise OpenidError("the provider does not speak JSON") from error

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._client_id,
            self._client_secret,
            scope="openid email",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )
