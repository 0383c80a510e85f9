"""A bucket of the photo store, through the minio SDK: any S3-compatible store."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import ENABLED, Filter
from minio.error import MinioException
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule

from services.common.errors import TransientError

_TIMEOUT_S = 10.0
# Rules of other names are not ours: they stay.
_RULE: Final = "facetally-photos"
T = TypeVar("T")


class S3Bucket:
    """One bucket, as the store's administrator."""

    def __init__(self, url: str, access_key: str, secret_key: str, region: str, bucket: str) -> None:
        parts = urlsplit(url)
        self._bucket = bucket
        self._client = Minio(
            parts.netloc,
            access_key=access_key,
            secret_key=secret_key,
            region=region,
            secure=parts.scheme == "https",
            http_client=urllib3.PoolManager(timeout=_TIMEOUT_S, retries=False),
        )

    async def ensure(self) -> bool:
        """Make the bucket; whether it was new."""
        return await self._translated(self._ensure)

    async def ensure_expiry(self, days: int | None) -> bool:
        """Let the store remove photos that old, or keep them where None; whether that was new."""
        return await self._translated(lambda: self._ensure_expiry(days))

    async def _translated(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(call)
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise TransientError(f"the photo store is away: {error}") from error

    def _ensure(self) -> bool:
        if self._client.bucket_exists(self._bucket):
            return False
        self._client.make_bucket(self._bucket)
        return True

    def _ensure_expiry(self, days: int | None) -> bool:
        found = self._client.get_bucket_lifecycle(self._bucket)
        rules = found.rules if found else []
        ours = [rule for rule in rules if rule.rule_id == _RULE]
        there = [rule.expiration.days if rule.expiration and rule.status == ENABLED else None for rule in ours]
        if there == ([] if days is None else [days]):
            return False
        kept = [rule for rule in rules if rule.rule_id != _RULE]
        if days is not None:
            expiry = Expiration(days=days)
            kept.append(Rule(ENABLED, rule_filter=Filter(prefix=""), rule_id=_RULE, expiration=expiry))
        if kept:
            self._client.set_bucket_lifecycle(self._bucket, LifecycleConfig(kept))
        else:
            self._client.delete_bucket_lifecycle(self._bucket)
        return True
