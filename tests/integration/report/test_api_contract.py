"""The JSON API keeps what its description promises: the real service, a real database, and questions made up by schemathesis."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection

from services.report.domain.people import Grant
from services.report.domain.places import Level
from services.report.pages.api import description
from tests.described_api import CHECKS as OF_EVERY_API
from tests.fakes.tiny_world import TinyWorld
from tests.servers.postgres import PostgresServer
from tests.servers.report import ReportServer, report_server
from tests.servers.running import finish
from tests.tiny_estate import fill

CHECKS = [*OF_EVERY_API, negative_data_rejection]
_PLACES = cycle(
    ["world", "region:europe", "city:berlin", "shop:berlin-mitte", "shop:paris-louvre", "yours", "city:tokyo"]
)


@pytest.fixture(scope="module")
def server(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportServer]:
    """The service over the tiny world, up to the present."""
    database = finish(postgres_server.fresh_database())
    finish(fill(database, TinyWorld(datetime.now(UTC)), {}, ()))
    with report_server(database, tmp_path_factory.mktemp("report")) as running:
        yield running
    finish(postgres_server.drop(database))


@pytest.fixture(scope="module")
def token(server: ReportServer) -> str:
    return server.token(Grant(Level.WORLD))


def test_the_description_is_served(server: ReportServer) -> None:
    assert httpx.get(f"{server.url}/api/openapi.json").json() == json.loads(json.dumps(description()))


api = schemathesis.openapi.from_dict(description())


@api.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
def test_no_question_breaks_it_and_every_answer_is_as_described(
    case: "schemathesis.Case[Any]", server: ReportServer, token: str
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = case.call(base_url=server.url, headers=headers)
    case.validate_response(answer, checks=CHECKS, headers=headers)
    # Names made up at random are of no place. The same question about one that there is goes further.
    if answer.status_code == 404 and "place" in case.query:
        case.query["place"] = next(_PLACES)
        case.call_and_validate(base_url=server.url, checks=CHECKS, headers=headers)
