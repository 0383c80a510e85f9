"""A client of an S3-compatible store, for what is few and seldom: releases of models, data sets."""

from urllib.parse import urlsplit

import urllib3
from minio import Minio

from services.common.settings import StoreSettings


def store_client(settings: StoreSettings, timeout_s: float) -> Minio:
    """A client with the rights of one access key; it tries nothing twice.

    Args:
        settings: the connection.
        timeout_s: for connecting, and for each read.
    """
    parts = urlsplit(settings.url)
    return Minio(
        parts.netloc,
        access_key=settings.access_key,
        secret_key=settings.secret_key.get_secret_value(),
        region=settings.region,
        secure=parts.scheme == "https",
        http_client=urllib3.PoolManager(timeout=timeout_s, retries=False),
    )
