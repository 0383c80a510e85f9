"""Logs are lines of JSON, and hold nothing that a program happened to have in its hands."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from services.common.logging import configure_logging, get_logger


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_bug_in_the_middle_of_a_photo_shows_no_photo(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    configure_logging("test", log_format, "info")  # type: ignore[arg-type]
    photo = b"the customer's face"
    try:
        raise ValueError("something else")
    except ValueError:
        get_logger("services.test").exception("handler_bug", size=len(photo))
    out = capsys.readouterr().out
    assert "handler_bug" in out
    assert "something else" in out
    assert "customer" not in out.replace('photo = b"the customer\'s face"', "")


def test_a_line_is_json_with_its_event_service_and_data(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("test", "json", "info")
    get_logger("services.test").info("photo_kept", camera="cam-1")
    logging.getLogger("somebody.else").warning("plain %s", "text")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (ours["event"], ours["camera"], ours["service"], ours["level"]) == ("photo_kept", "cam-1", "test", "info")
    assert theirs["event"] == "plain text"
    assert theirs["service"] == "test"
