"""What an operator is told in a cell, which has no Postgres, and of cells at headquarters."""

import asyncio
from pathlib import Path

from services.operate.command import checks
from services.operate.domain.findings import Finding, State
from services.operate.domain.streams import LinkFacts, link_finding
from services.operate.handler.diagnose import diagnose
from services.operate.settings import OperateSettings
from tests.integration.operate.desk import typed
from tests.servers.cells import SOON_S, linked_servers, post
from tests.servers.nats import NatsServer
from tests.servers.postgres import Database
from tests.servers.s3 import S3Server
from tests.servers.services import connection


def values(nats: NatsServer, s3: S3Server, database: Database | None = None) -> dict[str, object]:
    found: dict[str, object] = {
        "nats": connection(nats.settings("operator")),
        "s3": connection(s3.settings("operator")),
        "cell": database is None,
    }
    return found | ({"postgres_dsn": database.dsn("operator")} if database else {})


async def looked_at(settings: dict[str, object]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in await diagnose(checks(OperateSettings.model_validate(settings)), 8)}


async def until_in_order(settings: dict[str, object]) -> dict[str, Finding]:
    """Look again until nothing is wrong: on a busy machine links are heard a moment later."""
    async with asyncio.timeout(SOON_S):
        while not_in_order(found := await looked_at(settings)):
            await asyncio.sleep(0.2)
    return found


def not_in_order(found: dict[str, Finding]) -> dict[str, str]:
    return {subject: one.says for subject, one in found.items() if one.state is not State.OK}


async def test_a_cell_is_looked_at_without_what_it_does_not_have(
    tmp_path: Path, s3_server: S3Server, database: Database
) -> None:
    async with linked_servers(tmp_path, "europe", "asia") as linked:
        await post(linked.headquarters, "one")
        cell, hq = linked.cells["europe"], linked.headquarters
        found = await until_in_order(values(cell, s3_server))
        assert "link to hq" in found
        assert not {"Postgres", "schema", "consumer record", "consumer record-shadow"} & found.keys()
        found = await until_in_order(values(hq, s3_server, database))
        assert {"link to europe", "link to asia", "Postgres", "consumer record"} <= found.keys()
        said = await typed(values(cell, s3_server), "doctor")
        assert said.status == 0, said.out
        assert "ok       link to hq: It is heard; 0 messages wait there." in said.out
        said = await typed(values(cell, s3_server), "backlog")
        assert said.status == 0, said.err
        assert "classify" in said.out
        assert "record" not in said.out


def test_a_link_that_is_silent_is_a_warning() -> None:
    assert link_finding(LinkFacts("europe", 0, 0.4)).state is State.OK
    silent = link_finding(LinkFacts("europe", 7, 3600.0))
    assert (silent.state, silent.subject) == (State.WARNING, "link to europe")
    assert "Nothing is heard of it for 1 h" in silent.says
    assert "since this NATS began" in link_finding(LinkFacts("europe", 0, None)).says


async def test_a_database_is_asked_for_where_there_is_one(tmp_path: Path, s3_server: S3Server) -> None:
    nowhere = {"url": "nats://127.0.0.1:1", "user": "operator", "password": "x"}
    given: dict[str, object] = {"nats": nowhere, "s3": connection(s3_server.settings("operator"))}
    said = await typed(given, "doctor")
    assert said.status == 1
    assert "FACETALLY_OPERATE_POSTGRES_DSN: Value error, must be set, but in a cell" in said.err
    said = await typed({**given, "cell": True, "postgres_dsn": "postgresql://operator:x@127.0.0.1/x"}, "doctor")
    assert "a cell has no Postgres" in said.err
