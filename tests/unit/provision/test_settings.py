"""What is asked for where: at headquarters, in a cell, on one machine."""

import pytest
from pydantic import ValidationError

from services.provision.domain.schema import DATABASE_ROLES
from services.provision.domain.site import Site
from services.provision.settings import ProvisionSettings, SiteSettings

SERVERS = {
    "nats": {"url": "nats://127.0.0.1:4222", "user": "admin", "password": "x"},
    "s3": {"url": "http://127.0.0.1:9000", "access_key": "admin", "secret_key": "x"},
}
DATABASE = {"postgres_dsn": "postgresql://owner:x@127.0.0.1/x", **{f"{role}_password": "x" for role in DATABASE_ROLES}}
CELL = {"domain": "europe", "headquarters": "hq"}


def wrong(values: dict[str, object]) -> dict[str, str]:
    """What is said of each setting."""
    with pytest.raises(ValidationError) as error:
        ProvisionSettings.model_validate(values)
    return {str(one["loc"][0]): one["msg"] for one in error.value.errors()}


def test_one_machine_says_nothing_of_others() -> None:
    settings = ProvisionSettings.model_validate({**SERVERS, **DATABASE})
    assert (settings.site, settings.replicas) == (Site(), 1)


def test_headquarters_has_cells_and_a_database() -> None:
    settings = ProvisionSettings.model_validate(
        {**SERVERS, **DATABASE, "domain": "hq", "cells": ["europe", "asia"], "replicas": 3}
    )
    assert settings.site == Site("hq", cells=("europe", "asia"))


def test_a_cell_has_no_database() -> None:
    settings = ProvisionSettings.model_validate({**SERVERS, **CELL})
    assert settings.site == Site("europe", headquarters="hq")
    assert settings.postgres_dsn is None


def test_a_database_in_a_cell_is_a_contradiction() -> None:
    said = wrong({**SERVERS, **CELL, **DATABASE})
    assert said.keys() == DATABASE.keys()
    assert "a cell has no Postgres" in said["postgres_dsn"]


def test_whoever_is_no_cell_has_a_database() -> None:
    said = wrong({**SERVERS, "domain": "hq", "cells": ["europe"]})
    assert said.keys() == DATABASE.keys()
    assert "must be set, but in a cell" in said["labels_password"]


@pytest.mark.parametrize(
    ("values", "setting", "words"),
    [
        ({"cells": ["europe"]}, "cells", "has a DOMAIN"),
        ({"domain": "hq", "cells": ["hq"]}, "cells", "domain of its own"),
        ({"domain": "hq", "cells": ["europe", "europe"]}, "cells", "domain of its own"),
        ({"headquarters": "hq"}, "headquarters", "has a DOMAIN"),
        ({"domain": "hq", "headquarters": "hq"}, "headquarters", "not headquarters'"),
        ({"domain": "europe", "cells": ["asia"], "headquarters": "hq"}, "headquarters", "no CELLS"),
        ({"domain": "a.b"}, "domain", "match pattern"),
        ({"domain": "*"}, "domain", "match pattern"),
        ({"replicas": 2}, "replicas", "1 or 3"),
    ],
)
def test_what_cannot_be_is_said(values: dict[str, object], setting: str, words: str) -> None:
    assert words in wrong({**SERVERS, **DATABASE, **values})[setting]


def test_who_prints_the_rights_needs_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACETALLY_PROVISION_DOMAIN", "hq")
    monkeypatch.setenv("FACETALLY_PROVISION_CELLS", '["europe"]')
    assert SiteSettings().site == Site("hq", cells=("europe",))
