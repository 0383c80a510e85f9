"""Keys on their way from the command's store to the face APIs that watch them, with a real NATS."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import nats.errors
import pytest

from services.common.errors import TransientError
from services.common.kv_watch import KvWatch
from services.common.messaging import MessageBus
from services.common.streams import API_KEYS_BUCKET
from services.faceapi.adapters.kv_key_store import KvKeyStore
from services.faceapi.adapters.kv_keys import KvApiKeys
from services.faceapi.domain.keys import ApiKey, ApiKeyError, digest
from tests.servers.nats import NatsServer

SOON_S = 2.0
AFTER_A_RESTART_S = 20.0


def known(name: str, key: str) -> ApiKey:
    return ApiKey(name, digest(key), 10.0, 20, 100, datetime(2026, 3, 1, tzinfo=UTC))


async def until(condition: Callable[[], object], within_s: float = SOON_S) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_key_is_taken_within_two_seconds_and_refused_within_two_seconds(clean_streams: NatsServer) -> None:
    async with (
        MessageBus.connect(clean_streams.settings("faceapi"), "test") as bus,
        KvApiKeys.watching(bus) as keys,
        KvKeyStore.connect(clean_streams.settings("keys")) as store,
    ):
        await keys.until_read()
        assert await keys.is_ready()
        await store.add(known("till-1", "first"))
        await store.add(known("till-2", "second"))
        await until(lambda: keys.find("first") and keys.find("second"))
        assert keys.find("first") == known("till-1", "first")
        for wrong in ("", "till-1", "First", "first ", digest("first").hex()):
            assert keys.find(wrong) is None
        await store.remove("till-1")
        await until(lambda: keys.find("first") is None)
        assert keys.find("second")
        await store.add(known("till-1", "third"))
        await until(lambda: keys.find("third"))
        assert keys.find("first") is None, "a name that is used again brings no old key back"


async def test_who_comes_later_reads_what_there_is_and_nothing_that_was(clean_streams: NatsServer) -> None:
    async with KvKeyStore.connect(clean_streams.settings("keys")) as store:
        for name in ("a", "b"):
            await store.add(known(name, f"key-{name}"))
        await store.remove("a")
    async with (
        MessageBus.connect(clean_streams.settings("faceapi"), "test") as bus,
        KvApiKeys.watching(bus) as keys,
    ):
        await keys.until_read()
        assert len(keys) == 1
        assert keys.find("key-b")
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        state = (await bus.jetstream.stream_info(f"KV_{API_KEYS_BUCKET}")).state
        assert state.messages == 2, "of a revoked key a mark is left, and not its digest"


async def test_keys_are_found_while_nats_is_away_and_read_again_when_it_is_back(clean_streams: NatsServer) -> None:
    async with (
        MessageBus.connect(clean_streams.settings("faceapi"), "test") as bus,
        KvApiKeys.watching(bus) as keys,
    ):
        async with KvKeyStore.connect(clean_streams.settings("keys")) as store:
            await store.add(known("till-1", "first"))
            await store.add(known("till-2", "second"))
        await until(lambda: len(keys) == 2)
        clean_streams.running.kill()
        try:
            assert keys.find("first")
            with pytest.raises(TransientError, match="nobody answers"):
                async with KvKeyStore.connect(clean_streams.settings("keys")):
                    pass
        finally:
            clean_streams.running.spawn()
            await clean_streams.running.until_ready()
        async with KvKeyStore.connect(clean_streams.settings("keys")) as store:
            await store.remove("till-1")
            await store.add(known("till-3", "third"))
        await until(lambda: keys.find("third") and not keys.find("first"), AFTER_A_RESTART_S)
        assert keys.find("second")


async def test_an_entry_that_cannot_be_read_stops_no_other(clean_streams: NatsServer) -> None:
    async with (
        MessageBus.connect(clean_streams.settings("keys"), "test") as writer,
        KvKeyStore.connect(clean_streams.settings("keys")) as store,
    ):
        bucket = await writer.jetstream.key_value(API_KEYS_BUCKET)
        await bucket.put("damaged", b"\xff")
        await store.add(known("before", "first"))
        async with (
            MessageBus.connect(clean_streams.settings("faceapi"), "test") as bus,
            KvApiKeys.watching(bus) as keys,
        ):
            await until(lambda: keys.find("first"))
            await bucket.put("damaged", b"\xfe")
            await store.add(known("later", "second"))
            await until(lambda: keys.find("second"))
            assert len(keys) == 2
        assert await store.keys() == {
            "before": known("before", "first"), "damaged": None, "later": known("later", "second"),
        }  # fmt: skip
        await store.remove("damaged")
        assert list(await store.keys()) == ["before", "later"]


async def test_what_cannot_be_is_said_and_changes_nothing(clean_streams: NatsServer) -> None:
    async with KvKeyStore.connect(clean_streams.settings("keys")) as store:
        assert await store.keys() == {}
        await store.add(known("till-1", "first"))
        with pytest.raises(ApiKeyError, match="a key till-1 already"):
            await store.add(known("till-1", "second"))
        for name, says in (("nobody", "no key nobody"), ("a.>", "letters"), ("", "letters")):
            with pytest.raises(ApiKeyError, match=says):
                await store.remove(name)
        assert await store.keys() == {"till-1": known("till-1", "first")}


async def test_once_means_once_even_after_it_was_removed(clean_streams: NatsServer) -> None:
    async with KvKeyStore.connect(clean_streams.settings("keys")) as store:
        assert await store.add_once(known("first", "key"))
        assert not await store.add_once(known("first", "key"))
        await store.remove("first")
        assert not await store.add_once(known("first", "key"))
        assert await store.keys() == {}


async def test_the_face_api_reads_keys_and_can_make_none(clean_streams: NatsServer) -> None:
    async with MessageBus.connect(clean_streams.settings("faceapi"), "test") as bus:
        bucket = await bus.jetstream.key_value(API_KEYS_BUCKET)
        bus.jetstream._timeout = 0.5
        with pytest.raises(nats.errors.Error):
            await bucket.put("mine", b"x")
    async with KvKeyStore.connect(clean_streams.settings("keys")) as store:
        assert await store.keys() == {}


async def test_why_there_is_no_store_is_said(clean_streams: NatsServer) -> None:
    stranger = clean_streams.settings("keys").model_copy(update={"user": "nobody"})
    with pytest.raises(TransientError, match="refuses the user nobody"):
        async with KvKeyStore.connect(stranger):
            pass
    async with MessageBus.connect(clean_streams.settings("admin"), "test") as bus:
        await bus.jetstream.delete_key_value(API_KEYS_BUCKET)
    with pytest.raises(TransientError, match="no bucket API_KEYS"):
        async with KvKeyStore.connect(clean_streams.settings("keys")):
            pass
    await clean_streams.provision()


async def test_whoever_follows_a_bucket_and_breaks_is_not_ready(clean_streams: NatsServer) -> None:
    def broken(before: bytes | None, after: bytes | None) -> None:
        raise RuntimeError("a bug")

    async with MessageBus.connect(clean_streams.settings("faceapi"), "test") as bus:
        watch = KvWatch(bus, API_KEYS_BUCKET, lambda _, value: value, lambda _: None, broken)
        assert not await watch.is_ready()
        async with watch.following():
            await watch.until_read()
            assert await watch.is_ready()
            async with KvKeyStore.connect(clean_streams.settings("keys")) as store:
                await store.add(known("till-1", "first"))
            async with asyncio.timeout(SOON_S):
                while await watch.is_ready():
                    await asyncio.sleep(0.02)
