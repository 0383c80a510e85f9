"""How the parts of one machine are wired."""

from pathlib import Path

import pytest

from services.faceapi.settings import FaceApiSettings
from services.standalone import machine
from services.standalone.domain import Ports, plan_ports
from services.standalone.handler import Supervisor
from services.standalone.machine import Machine
from services.standalone.settings import StandaloneSettings
from tests.fakes.launcher import FakeLauncher

SECRETS = {name: f"secret-of-{name}" for name in machine._secret_names()}


def plan(settings: StandaloneSettings) -> Ports:
    return plan_ports(
        settings.ftp_port, settings.report_port, settings.face_api_port, settings.internal_port_first, 1, separate=False
    )


def running(settings: StandaloneSettings, *, knows_key: bool) -> Machine:
    supervisor = Supervisor(FakeLauncher(), lambda _: None)
    return Machine(
        settings, plan(settings), SECRETS, Path("ftps.pem"), supervisor, knows_admin=True, knows_key=knows_key
    )


def test_welcome_says_where_the_face_api_is_and_its_key_while_that_is_taken() -> None:
    settings = StandaloneSettings(face_api_port=9081)
    known, revoked = (running(settings, knows_key=knows).welcome() for knows in (True, False))
    for words in (known, revoked):
        assert "The face API is at [bold]http://127.0.0.1:9081/[/]" in words
    assert "Its key standalone is [bold]secret-of-face-api-key[/]." in known
    assert "secret-of-face-api-key" not in revoked
    assert "`facetally keys add NAME`" in revoked


def test_the_face_api_is_started_with_settings_that_it_understands(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = StandaloneSettings(face_api_host="0.0.0.0", face_api_port=9081, detect_workers=1)
    ports = plan(settings)
    *_, program = machine._services(settings, ports, SECRETS, Path("ftps.pem"), None, {}, {"PATH": "/bin"})
    assert (program.name, program.command[1:]) == ("faceapi", ("-m", "services.faceapi"))
    assert not program.patient, "somebody waits for its answer"
    for name, value in program.environment.items():
        monkeypatch.setenv(name, value)
    read = FaceApiSettings()
    assert (read.http_host, read.http_port, read.health_port) == ("0.0.0.0", 9081, ports.health["faceapi"])
    assert (read.nats.url, read.nats.user) == (f"nats://127.0.0.1:{ports.nats}", "faceapi")
    assert read.nats.password.get_secret_value() == "secret-of-nats-faceapi"
