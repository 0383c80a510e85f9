"""Where the settings come from: the environment, or the file that standalone writes."""

import stat
from pathlib import Path

import pytest

from services.operate.settings import ENVIRONMENT_FILE, OperateSettings, environment_file
from services.provision.domain.nats_rights import nats_permissions
from services.provision.domain.schema import DATABASE_ROLES
from services.provision.domain.store_rights import S3_ACTIONS
from services.standalone import domain, machine
from services.standalone.adapters.state_folder import StateFolder
from services.standalone.domain import plan_ports
from services.standalone.settings import StandaloneSettings


def test_the_file_is_read_only_where_nothing_is_set() -> None:
    assert environment_file({}) == Path(".state/operate.env")
    assert environment_file({"FACETALLY_STANDALONE_STATE_DIR": "/srv/state"}) == Path("/srv/state/operate.env")
    assert environment_file({"FACETALLY_OPERATE_NATS__URL": "nats://x"}) is None
    assert environment_file({"FACETALLY_OPERATE_NATS__URL": ""}) == Path(".state/operate.env")


def test_what_standalone_writes_is_private_and_is_all_that_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NATS__URL", "NATS__USER"):
        monkeypatch.delenv(f"FACETALLY_OPERATE_{name}", raising=False)
    names = [
        *(f"nats-{user}" for user in nats_permissions()),
        *(f"s3-{user}" for user in S3_ACTIONS),
        *(f"postgres-{role}" for role in DATABASE_ROLES),
    ]
    assert set(names) < set(machine._secret_names())
    with StateFolder(tmp_path) as state:
        secrets = state.secrets(names)
        values = machine._operate(
            StandaloneSettings(ftp_host="0.0.0.0"), state.path, plan_ports(2121, 8080, 8081, 14200, 2), secrets
        )
        state.keep_private(ENVIRONMENT_FILE, domain.environment_file(values).encode())
    file = tmp_path / ENVIRONMENT_FILE
    assert machine._OPERATE_FILE == ENVIRONMENT_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    settings = OperateSettings(_env_file=file)
    assert settings.nats.user == "operator"
    assert settings.nats.password.get_secret_value() == secrets["nats-operator"]
    assert settings.s3.access_key == "operator"
    assert settings.postgres_dsn is not None
    assert settings.postgres_dsn.get_secret_value().startswith("postgresql://operator:")
    assert settings.health_urls.keys() == {"ingest", "detect-1", "detect-2", "classify", "record", "report", "faceapi"}
    assert settings.ftps_address == "127.0.0.1:2121"
    assert settings.state_dir == tmp_path
    for role in ("admin", "owner"):
        assert secrets.get(f"nats-{role}", "none of these") not in file.read_text()


def test_a_value_that_a_file_cannot_hold_is_refused() -> None:
    assert domain.environment_file({"A": "b c", "D": '{"e": 1}'}) == "A='b c'\nD='{\"e\": 1}'\n"
    for value in ("it's", "two\nlines"):
        with pytest.raises(ValueError, match="A cannot be written"):
            domain.environment_file({"A": value})
