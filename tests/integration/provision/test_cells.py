"""Cells and headquarters as the nats-servers that they are: what crosses, what does not, and how cells come and go."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats.errors
import pytest
from facetally.v1.face_pb2 import FacesClassified
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.common.errors import TransientError
from services.common.streams import MODELS_BUCKET, RECORD, SHOPS_BUCKET
from services.provision.domain.site import Site
from tests.servers.cells import (
    HEADQUARTERS,
    SOON_S,
    Bucket,
    LinkedServers,
    bus,
    classify,
    ids,
    known,
    linked_servers,
    post,
    recorded,
    until_linked,
    until_recorded,
)
from tests.servers.nats import NatsServer

pytestmark = pytest.mark.timeout(120)


async def test_what_cells_classify_is_at_headquarters_once_and_record_is_given_it(linked: LinkedServers) -> None:
    for region, server in linked.cells.items():
        await classify(server, region, range(5))
    async with bus(linked.cells["asia"], "ingest") as cell:
        await cell.publish("rejections.asia.shop", FacesClassified(), "asia-5")
    expected = ids("europe", range(5)) + ids("asia", range(6))
    await until_recorded(linked.headquarters, expected)
    async with bus(linked.headquarters, "record") as record:
        subscription = await record.jetstream.pull_subscribe_bind(consumer=RECORD.name, stream=RECORD.stream)
        given: list[Msg] = []
        async with asyncio.timeout(SOON_S):
            while len(given) < 11:
                given += await subscription.fetch(11 - len(given), timeout=5)
    assert Counter(message.subject for message in given) == {
        "results.europe.shop": 5,
        "results.asia.shop": 5,
        "rejections.asia.shop": 1,
    }
    assert all("Nats-Stream-Source" in (message.headers or {}) for message in given), "sourced, and not heard"


async def test_what_a_shadow_says_crosses_as_well(linked: LinkedServers) -> None:
    async with bus(linked.cells["europe"], "classify") as cell:
        await cell.publish("shadow.faces", FacesClassified(), "one")
    async with asyncio.timeout(SOON_S):
        while await recorded(linked.headquarters, "SHADOW") != {"one": 1}:
            await asyncio.sleep(0.1)


async def test_what_headquarters_classifies_stays_there(linked: LinkedServers) -> None:
    await classify(linked.headquarters, "north", range(3))
    await classify(linked.cells["europe"], "europe", range(3))
    await until_recorded(linked.headquarters, ids("north", range(3)) + ids("europe", range(3)))
    assert await recorded(linked.cells["europe"]) == ids("europe", range(3))


async def test_a_cell_follows_the_registry_of_headquarters(linked: LinkedServers) -> None:
    await post(linked.headquarters, "one", "two")
    async with Bucket(linked.cells["europe"], "ingest", SHOPS_BUCKET).following() as there:
        await there.until(known("one", "two"))
        await post(linked.headquarters, "one", "three")
        await there.until(known("one", "three"))
        linked.lines["europe"].cut()
        await post(linked.headquarters, "three")
        await asyncio.sleep(1)
        assert known("one", "three")(there.entries), "cut off, it goes on with what it knows"
        linked.lines["europe"].mend()
        await there.until(known("three"))
    async with Bucket(linked.cells["asia"], "ingest", SHOPS_BUCKET).following() as there:
        await there.until(known("three"))


async def test_a_cell_follows_which_models_are_chosen(linked: LinkedServers) -> None:
    async with (
        bus(linked.headquarters, "models") as models,
        Bucket(linked.cells["asia"], "classify", MODELS_BUCKET).following() as there,
    ):
        bucket = await models.jetstream.key_value(MODELS_BUCKET)
        for value in (b"first", b"second"):
            await bucket.put("choice", value)
        await there.until(lambda entries: entries == {"choice": b"second"})
        state = (await bucket.status()).stream_info.state
    async with bus(linked.cells["asia"]) as cell:
        mirror = (await cell.jetstream.stream_info(f"KV_{MODELS_BUCKET}")).state
    assert (mirror.messages, mirror.last_seq) == (state.messages, state.last_seq), "the history is there, too"


async def test_a_cell_cannot_write_what_it_mirrors(linked: LinkedServers) -> None:
    async with bus(linked.cells["europe"]) as cell:
        with pytest.raises((nats.errors.Error, TimeoutError)):
            await cell.jetstream.publish("$KV.SHOPS.europe.one", b"anything", timeout=1)
    assert await shop_numbers(linked.headquarters) == 0


async def shop_numbers(server: NatsServer) -> int:
    async with bus(server) as admin:
        return (await admin.jetstream.stream_info(f"KV_{SHOPS_BUCKET}")).state.messages


async def test_a_cell_is_added_and_another_taken_off_and_nothing_is_lost(linked: LinkedServers, tmp_path: Path) -> None:
    hq, asia = linked.headquarters, linked.cells["asia"]
    assert await hq.provision() == [], "doing it again changes nothing"
    await classify(linked.cells["europe"], "europe", range(5))
    await until_recorded(hq, ids("europe", range(5)))
    assert await hq.provision(Site(HEADQUARTERS, cells=("europe",))) == [
        "stream RESULTS takes in that of europe",
        "stream SHADOW takes in that of europe",
    ]
    await classify(asia, "asia", range(5))
    await classify(linked.cells["europe"], "europe", range(5, 10))
    await until_recorded(hq, ids("europe", range(10)))
    async with bus(hq) as admin:  # as old age does: a stream that does not begin with its first message
        await admin.jetstream.purge_stream("RESULTS", seq=4)
    assert len(await hq.provision()) == 2
    expected = ids("europe", range(3, 10)) + ids("asia", range(5))
    await until_recorded(hq, expected)
    await classify(asia, "asia", range(5, 8))
    await until_recorded(hq, expected + ids("asia", range(5, 8)))


async def test_a_registry_that_was_made_anew_is_mirrored_anew_and_who_follows_it_notices(
    linked: LinkedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.common.kv_watch._LOOK_AT_BUCKET_S", 2.0)
    hq, cell = linked.headquarters, linked.cells["europe"]
    await post(hq, "one", "two", "three")
    async with Bucket(cell, "ingest", SHOPS_BUCKET).following() as there:
        await there.until(known("one", "two", "three"))
        async with bus(hq) as admin:
            await admin.jetstream.delete_stream(f"KV_{SHOPS_BUCKET}")
        await hq.provision()
        await post(hq, "four")
        assert await cell.provision() == ["mirror of hq's key-value bucket SHOPS made"]
        await there.until(known("four"), 30)
        assert await cell.provision() == []


async def test_a_machine_of_its_own_becomes_a_cell(tmp_path: Path) -> None:
    """Its own registry stays until headquarters answers."""
    alone = NatsServer(tmp_path / "europe", Site("europe"))
    alone.running.start()
    try:
        await alone.provision()
        await post(alone, "one")
    finally:
        alone.running.stop()
    async with linked_servers(tmp_path, "asia") as linked:
        await post(linked.headquarters, "one", "two")
        hq = linked.headquarters
        hq_site = Site(HEADQUARTERS, cells=("europe",))
        site = Site("europe", headquarters=HEADQUARTERS)
        hq.running.stop()
        restarted = NatsServer(hq.folder, hq_site)
        cell = NatsServer(tmp_path / "europe", site, restarted.cells_port)
        cell.running.spawn()
        await cell.running.until_ready()
        try:
            with pytest.raises(TransientError, match="stays as it is"):
                await cell.provision()
            assert await shop_numbers(cell) == 1
            restarted.running.spawn()
            await restarted.running.until_ready()
            await restarted.provision()
            assert "mirror of hq's key-value bucket SHOPS made" in await cell.provision()
            async with Bucket(cell, "ingest", SHOPS_BUCKET).following() as there:
                await there.until(known("one", "two"))
        finally:
            cell.running.kill()
            restarted.running.kill()


class Ear:
    """What a client is told, over which subjects."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def hears(self, message: Msg) -> None:
        self.heard.append(message.subject)


async def client(server: NatsServer, user: str = "admin") -> Client:
    """A bare client, which may be refused."""
    settings = server.settings(user)
    connected = Client()
    try:
        await connected.connect(
            settings.url,
            user=settings.user,
            password=settings.password.get_secret_value(),
            allow_reconnect=False,
            connect_timeout=2,
            error_cb=_silently,
        )
    except nats.errors.Error:
        await connected.close()  # the library leaves its socket open
        raise
    return connected


async def _silently(_: Exception) -> None:
    """What is tried here is refused."""


async def answered(asking: Client, subject: str, body: bytes = b"") -> bool:
    try:
        await asking.request(subject, body, timeout=1)
    except (nats.errors.NoRespondersError, nats.errors.TimeoutError, TimeoutError):
        return False
    return True


@asynccontextmanager
async def rogue_cell(hq: NatsServer, folder: Path) -> AsyncIterator[Client]:
    """Somebody who has a cell's password, and a nats-server without any restraint of its own."""
    rogue = NatsServer(folder, Site("europe", headquarters=HEADQUARTERS), hq.cells_port)
    config = folder / "nats.conf"
    text = config.read_text().split("authorization {")[0]
    user = "cell-europe"
    text += f'leafnodes {{ remotes: [{{urls: ["nats://{user}:password-of-{user}@127.0.0.1:{hq.cells_port}"]}}] }}\n'
    config.write_text(text)
    rogue.running.spawn()
    await rogue.running.until_ready()
    connected = await client(rogue)
    try:
        async with asyncio.timeout(SOON_S):  # it is let in
            while not await headquarters_answers(connected, "$JS.hq.API.STREAM.INFO.KV_SHOPS"):
                await asyncio.sleep(0.1)
        yield connected
    finally:
        await connected.close()
        rogue.running.kill()


async def headquarters_answers(asking: Client, question: str) -> bool:
    """Whether it answers where it may: under the cell's own subject."""
    inbox = await asking.subscribe("to.europe.answer")
    await asking.publish(question, b"{}", reply="to.europe.answer")
    try:
        answer = await inbox.next_msg(timeout=0.5)
    except (nats.errors.Error, TimeoutError):
        return False
    finally:
        await inbox.unsubscribe()
    return (answer.headers or {}).get("Status") != "503"  # said by our own server: nobody listens


async def test_whoever_has_a_cells_password_hears_and_changes_nothing_else(
    linked: LinkedServers, tmp_path: Path
) -> None:
    hq, ear = linked.headquarters, Ear()
    linked.cells["europe"].running.stop()
    await post(hq, "one")
    await classify(linked.cells["asia"], "asia", range(3))
    await until_recorded(hq, ids("asia", range(3)))
    async with rogue_cell(hq, tmp_path / "rogue") as rogue:
        assert await headquarters_answers(rogue, "$JS.hq.API.STREAM.INFO.KV_MODELS")
        for subject in ("photos.a.b", "results.a.b", "rejections.a.b", "shadow.faces", "dead.detect", "$KV.SHOPS.x.y"):
            await rogue.publish(subject, b"anything")
        await rogue.flush()
        for subject in ("photos.>", "faces.>", "results.>", "_INBOX_record.>", "_INBOX_admin.>", "from.>", "to.asia.>"):
            await rogue.subscribe(subject, cb=ear.hears)
        for question in (
            "$JS.hq.API.STREAM.INFO.PHOTOS",
            "$JS.hq.API.STREAM.MSG.GET.RESULTS",
            "$JS.hq.API.CONSUMER.CREATE.RESULTS",
            "$JS.hq.API.STREAM.DELETE.KV_SHOPS",
            "$JS.hq.API.STREAM.PURGE.KV_SHOPS",
            "$JS.asia.API.CONSUMER.CREATE.RESULTS",
            "look.photo",
        ):
            assert not await headquarters_answers(rogue, question), question
        async with bus(hq, "ingest") as ingest:
            await ingest.publish("photos.north.shop", FacesClassified(), "1")
        await classify(hq, "north", range(3))
        await classify(linked.cells["asia"], "asia", range(3, 6))
        await until_recorded(hq, ids("asia", range(6)) + ids("north", range(3)))
        await asyncio.sleep(0.5)
    assert ear.heard == []
    assert await shop_numbers(hq) == 1
    async with bus(hq) as admin:
        held = {name: (await admin.jetstream.stream_info(name)).state.messages for name in ("PHOTOS", "SHADOW", "DEAD")}
    assert held == {"PHOTOS": 1, "SHADOW": 0, "DEAD": 0}


async def test_a_cells_password_opens_no_client_and_a_services_password_no_link(
    linked: LinkedServers, tmp_path: Path
) -> None:
    hq = linked.headquarters
    with pytest.raises(nats.errors.Error):
        await client(hq, "cell-europe")
    intruder = NatsServer(tmp_path / "intruder", Site("africa", headquarters=HEADQUARTERS), hq.cells_port)
    config = tmp_path / "intruder" / "nats.conf"
    config.write_text(config.read_text().replace("cell-africa:password-of-cell-africa", "admin:password-of-admin"))
    intruder.running.spawn()
    await intruder.running.until_ready()
    try:
        async with asyncio.timeout(SOON_S):
            while "Authorization Violation" not in intruder.running.log.read_text():
                await asyncio.sleep(0.1)
    finally:
        intruder.running.kill()


async def test_headquarters_hears_no_photo_whatever_rights_it_gives_a_cell(
    linked: LinkedServers, tmp_path: Path
) -> None:
    """The cell's own server lets nothing of photos over the link."""
    hq, cell, ear = linked.headquarters, linked.cells["europe"], Ear()
    hq.running.stop()
    config = hq.folder / "nats.conf"
    text = config.read_text()
    start = text.index("user: cell-europe")
    rights = text.index("permissions {", start)
    end = text.index("    }\n", text.index("subscribe", rights)) + 1
    config.write_text(text[:rights] + 'permissions { publish: [">"], subscribe: [">"]\n' + text[end:])
    hq.running.spawn()
    await hq.running.until_ready()
    await until_linked(hq, 2)
    listening = await client(hq)
    try:
        assert await answered(listening, "$JS.europe.API.CONSUMER.CREATE.RESULTS", b"{}"), "what it may ask for"
        for subject in ("photos.>", "faces.>", "held.>", "dead.>", "_INBOX_detect.>", "look.photo", "$SRV.>"):
            await listening.subscribe(subject, cb=ear.hears)
        await listening.flush()
        await asyncio.sleep(0.5)
        async with bus(cell, "ingest") as ingest:
            await ingest.publish("photos.europe.shop", FacesClassified(), "1")
        async with bus(cell, "detect") as detect:
            await detect.publish("faces.europe.shop", FacesClassified(), "1")
            inbox = await detect.jetstream.pull_subscribe_bind(consumer="detect", stream="PHOTOS")
            assert await inbox.fetch(1, timeout=2)
        for question in (
            "STREAM.INFO.PHOTOS",
            "STREAM.MSG.GET.PHOTOS",
            "CONSUMER.CREATE.PHOTOS",
            "CONSUMER.CREATE.FACES.x",
            "CONSUMER.MSG.NEXT.FACES.classify",
            "CONSUMER.DURABLE.CREATE.FACES.x",
            "CONSUMER.INFO.PHOTOS.detect",
            "CONSUMER.DELETE.PHOTOS.detect",
        ):
            assert not await answered(listening, f"$JS.europe.API.{question}", b'{"seq": 1}'), question
        await asyncio.sleep(0.5)
    finally:
        await listening.close()
    assert ear.heard == []
