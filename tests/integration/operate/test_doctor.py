"""Doctor against real servers, whole and broken: each fault is said in its own words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from facetally.v1.photo_pb2 import PhotoStored
from nats.js.api import ConsumerConfig
from pydantic import SecretStr

from services.common.messaging import MessageBus
from services.operate.command import checks
from services.operate.domain.findings import Finding, State
from services.operate.handler.diagnose import diagnose
from services.operate.settings import OperateSettings
from services.provision.adapters.postgres_schema import PostgresSchema
from tests.integration.operate.desk import NEEDS_ROOM, all_values, settings, typed
from tests.servers.ingest import running_ingest
from tests.servers.nats import NatsServer
from tests.servers.postgres import MIGRATIONS, Database, PostgresServer
from tests.servers.running import finish, free_ports
from tests.servers.s3 import S3Server
from tests.servers.services import connection

Values = dict[str, object]


@pytest.fixture
def values(clean_streams: NatsServer, s3_server: S3Server, database: Database, tmp_path: Path) -> Values:
    return all_values(clean_streams, s3_server, database, tmp_path)


async def findings(values: Values | OperateSettings) -> dict[str, Finding]:
    """By subject."""
    chosen = values if isinstance(values, OperateSettings) else settings(values)
    return {found.subject: found for found in await diagnose(checks(chosen), chosen.limit_s)}


def broken(found: dict[str, Finding]) -> set[str]:
    return {name for name, finding in found.items() if finding.state is State.BROKEN}


@asynccontextmanager
async def admin(server: NatsServer) -> AsyncIterator[MessageBus]:
    async with MessageBus.connect(server.settings("admin"), "test") as bus:
        yield bus


@asynccontextmanager
async def silence() -> AsyncIterator[int]:
    """The port of a server that takes connections and never says a word."""
    over = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.transport.abort()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        over.set()
        server.close()


@NEEDS_ROOM
async def test_all_is_well_where_all_runs(
    values: Values,
    clean_streams: NatsServer,
    s3_server: S3Server,
    database: Database,
    certificate: Path,
    tmp_path: Path,
) -> None:
    store = connection(s3_server.settings("ingest"))
    async with running_ingest(tmp_path, certificate, clean_streams, store, database) as ingest:
        health = ingest.running.program.environment["FACETALLY_INGEST_HEALTH_PORT"]
        values |= {
            "health_urls": {"ingest": f"http://127.0.0.1:{health}/readyz"},
            "ftps_address": f"127.0.0.1:{ingest.cameras[0].port}",
        }
        found = await findings(values)
        assert {name: one.says for name, one in found.items() if one.state is not State.OK} == {}
        assert found.keys() == {
            "NATS",
            *(f"stream {name}" for name in ("PHOTOS", "HELD", "FACES", "RESULTS", "SHADOW", "DEAD")),
            *(f"consumer {name}" for name in ("detect", "classify", "record", "record-shadow")),
            "bucket SHOPS",
            "dead letters",
            "photo store",
            "Postgres",
            "schema",
            "clocks",
            "service ingest",
            "FTPS certificate",
            "disk",
            "weights",
        }
        newest = max(path.stem for path in MIGRATIONS.glob("*.sql"))
        assert found["schema"].says == f"It is at {newest}, the newest."
        assert "days from now" in found["FTPS certificate"].says
        said = await typed(values, "doctor")
        assert (said.status, said.err) == (0, "")
        assert "ok       service ingest: It is ready." in said.out
        assert "Everything is in order: 21 things looked at." in said.out


@NEEDS_ROOM
async def test_warnings_alone_do_not_fail(values: Values) -> None:
    said = await typed(values, "doctor")
    assert said.status == 0, said.out
    assert "warning  bucket SHOPS: It is empty: no camera can log in." in said.out
    assert "facetally estate import" in said.out
    assert "0 broken, 1 warning" in said.out


async def test_a_consumer_that_was_deleted(values: Values, clean_streams: NatsServer) -> None:
    async with admin(clean_streams) as bus:
        await bus.jetstream.delete_consumer("PHOTOS", "detect")
    found = await findings(values)
    assert broken(found) == {"consumer detect"}
    assert found["consumer detect"].says == "It is not there: nobody is given what is in PHOTOS."
    said = await typed(values, "doctor")
    assert said.status == 1
    assert "broken   consumer detect: It is not there" in said.out
    assert "services.provision" in said.out


async def test_a_stream_that_was_deleted(values: Values, clean_streams: NatsServer) -> None:
    async with admin(clean_streams) as bus:
        await bus.jetstream.delete_stream("DEAD")
    found = await findings(values)
    assert broken(found) == {"stream DEAD"}
    assert "dead letters" not in found


async def test_a_streams_limit_and_a_consumers_patience_that_were_changed(
    values: Values, clean_streams: NatsServer
) -> None:
    async with admin(clean_streams) as bus:
        config = (await bus.jetstream.stream_info("FACES")).config
        config.max_bytes = 1 << 20
        await bus.jetstream.update_stream(config)
        patience: ConsumerConfig = (await bus.jetstream.consumer_info("RESULTS", "record")).config
        patience.ack_wait = 5
        await bus.jetstream.add_consumer("RESULTS", patience)
    found = await findings(values)
    assert broken(found) == {"stream FACES", "consumer record"}
    assert "max_bytes is 1 MiB, and should be 2 GiB" in found["stream FACES"].says
    assert "ack_wait is 5 s, and should be 30 s" in found["consumer record"].says


async def test_a_bucket_of_shops_that_is_gone(values: Values, clean_streams: NatsServer) -> None:
    async with admin(clean_streams) as bus:
        await bus.jetstream.delete_stream("KV_SHOPS")
    assert broken(await findings(values)) == {"bucket SHOPS"}


async def test_a_message_that_came_back_and_a_dead_letter_are_warnings(
    values: Values, clean_streams: NatsServer
) -> None:
    async with admin(clean_streams) as bus:
        await bus.publish("photos.n.s", PhotoStored(), "1")
        await bus.publish("dead.detect", PhotoStored(), "2")
        subscription = await bus.jetstream.pull_subscribe_bind(consumer="detect", stream="PHOTOS")
        (message,) = await subscription.fetch(1, timeout=5)
        await message.nak()
        await subscription.fetch(1, timeout=5)
        found = await findings(values)
    assert found["consumer detect"].state is State.WARNING
    assert "1 of these were given to it more than once" in found["consumer detect"].says
    assert found["dead letters"].says.startswith("1 waits, the oldest for ")
    assert broken(found) == set()


async def test_wrong_passwords_are_told_from_servers_that_are_down(values: Values, database: Database) -> None:
    right = settings(values)
    wrong = right.model_copy(
        update={
            "nats": right.nats.model_copy(update={"password": SecretStr("secret-word")}),
            "s3": right.s3.model_copy(update={"secret_key": SecretStr("secret-word")}),
            "postgres_dsn": SecretStr(database.dsn("operator").replace("password-of", "secret-word")),
        }
    )
    found = await findings(wrong)
    assert broken(found) == {"NATS", "photo store", "Postgres"}
    assert "refuses the user operator" in found["NATS"].says
    assert "refuses the access key operator: SignatureDoesNotMatch" in found["photo store"].says
    assert "refuses the user or the password" in found["Postgres"].says
    assert not any("secret-word" in f"{one.says} {one.next_step}" for one in found.values())


@NEEDS_ROOM
async def test_servers_that_are_down_hide_nothing_that_runs(values: Values) -> None:
    right = settings(values)
    down = right.model_copy(
        update={
            "nats": right.nats.model_copy(update={"url": "nats://127.0.0.1:1"}),
            "s3": right.s3.model_copy(update={"url": "http://127.0.0.1:1"}),
            "postgres_dsn": SecretStr("postgresql://operator:secret-word@127.0.0.1:1/x"),
            "health_urls": {"record": "http://127.0.0.1:1/readyz"},
            "ftps_address": "127.0.0.1:1",
        }
    )
    found = await findings(down)
    assert broken(found) == {"NATS", "photo store", "Postgres", "service record", "FTPS certificate"}
    assert found["NATS"].says == "Nobody answers at nats://127.0.0.1:1."
    assert "is away" in found["photo store"].says
    assert found["Postgres"].says == "Postgres at 127.0.0.1:1/x is away: ConnectionRefusedError."
    assert "does not answer" in found["service record"].says
    assert found["schema, clocks"].says == "Not looked at, because Postgres is broken."
    assert found["disk"].state is found["weights"].state is State.OK


async def test_servers_that_never_answer_cost_the_limit_once(values: Values) -> None:
    async with silence() as port:
        right = settings(values)
        silent = right.model_copy(
            update={
                "limit_s": 1.5,
                "nats": right.nats.model_copy(update={"url": f"nats://127.0.0.1:{port}"}),
                "s3": right.s3.model_copy(update={"url": f"http://127.0.0.1:{port}"}),
                "postgres_dsn": SecretStr(f"postgresql://operator:x@127.0.0.1:{port}/x"),
                "health_urls": {"record": f"http://127.0.0.1:{port}/readyz"},
                "ftps_address": f"127.0.0.1:{port}",
            }
        )
        clock = asyncio.get_running_loop().time
        began = clock()
        found = await findings(silent)
        assert clock() - began < 4
    assert broken(found) == {"NATS", "photo store", "Postgres", "service record", "FTPS certificate"}
    assert {found[name].says for name in broken(found)} == {"It did not answer within 1.5 s."}


async def test_a_photo_store_without_the_bucket(values: Values, s3_server: S3Server) -> None:
    right = settings(values)
    other = right.model_copy(update={"s3": s3_server.settings("admin").model_copy(update={"bucket": "elsewhere"})})
    found = await findings(other)
    assert broken(found) == {"photo store"}
    assert found["photo store"].says == "The photo store answers, but has no bucket elsewhere."
    # The operator's key is told nothing of other buckets.
    other = right.model_copy(update={"s3": right.s3.model_copy(update={"bucket": "elsewhere"})})
    assert "refuses the access key operator: AccessDenied" in (await findings(other))["photo store"].says


async def test_an_old_a_newer_and_a_changed_schema(values: Values, database: Database) -> None:
    async def after(command: str) -> Finding:
        connection = await asyncpg.connect(database.dsn("owner"))
        try:
            await connection.execute(command)
        finally:
            await connection.close()
        return (await findings(values))["schema"]

    newest = max(path.stem for path in MIGRATIONS.glob("*.sql"))
    changed = await after(f"update schema_migration set sha256 = 'other' where name = '{newest}'")
    assert f"{newest} reads differently here" in changed.says
    old = await after(f"delete from schema_migration where name = '{newest}'")
    assert (old.state, old.says) == (State.BROKEN, f"The database lacks {newest}.")
    newer = await after("insert into schema_migration (name, sha256) values ('9999_future', 'x')")
    assert newer.state is State.BROKEN
    assert (await after("revoke select on schema_migration from operator")).says.startswith("The schema is from before")


async def test_a_schema_from_before_there_was_an_operator(
    values: Values, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    for path in sorted(MIGRATIONS.glob("*.sql"))[:3]:
        (folder / path.name).write_text(path.read_text())
    empty = Database(postgres_server.port, "old_schema")
    finish(postgres_server._create(empty.name, "template1"))
    try:
        values["postgres_dsn"] = empty.dsn("operator")
        assert (await findings(values))["schema"].says == "The database has no schema."
        await PostgresSchema(empty.dsn("owner"), folder).migrate()
        found = await findings(values)
        assert broken(found) == {"schema"}
        assert found["schema"].says.startswith("The schema is from before there was a role `operator`")
        values["postgres_dsn"] = Database(empty.port, "no_such").dsn("operator")
        assert "there is no database at" in (await findings(values))["Postgres"].says
    finally:
        finish(postgres_server.drop(empty))


async def test_a_service_that_waits_for_something(values: Values) -> None:
    async def not_ready(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"status": "not ready", "missing": ["postgres"]}'
        head = f"HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(not_ready, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        found = await findings(values | {"health_urls": {"record": f"http://127.0.0.1:{port}/readyz"}})
    assert found["service record"].says == "It is not ready: it waits for postgres."


async def test_weights_that_are_not_those_of_the_cards(values: Values, tmp_path: Path) -> None:
    (tmp_path / "cc0-age.safetensors").write_bytes(b"something else")
    found = (await findings(values | {"weights_dir": str(tmp_path)}))["weights"]
    assert found.state is State.BROKEN
    assert "cc0-age: cc0-age.safetensors is not the file of the card" in found.says
    assert "cc0-gender: cc0-gender.safetensors cannot be read" in found.says


async def test_settings_that_are_missing_are_named_with_where_they_come_from(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    said = await typed({"state_dir": str(tmp_path), "ftps_address": f"127.0.0.1:{port}"}, "doctor")
    assert said.status == 1
    assert "FACETALLY_OPERATE_NATS" in said.err
    nothing = await typed({}, "doctor", folder=tmp_path)  # here there may be a .state of `make demo`
    assert "On one machine they are read from .state/operate.env, which `make up` writes." in nothing.err
