"""What exists is documented, and what is documented exists."""

import importlib
import re
from pathlib import Path

import pytest
from facetally.v1 import api_key_pb2, estate_pb2, face_pb2, model_choice_pb2, photo_pb2, question_pb2
from prometheus_client import REGISTRY
from typer.main import get_command

from scripts.document_settings import DOCUMENT, document
from services.cli import app

ROOT = Path(__file__).parents[2]
SERVICES = ["ingest", "detect", "classify", "record", "report", "faceapi"]
MARKDOWN = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def test_every_setting_is_documented_as_it_is() -> None:
    assert DOCUMENT.read_text() == document(), "run `make docs`"


def test_every_metric_is_documented_and_every_documented_metric_exists() -> None:
    for service in SERVICES:
        importlib.import_module(f"services.{service}.__main__")
    existing = set()
    for collector in REGISTRY.collect():
        if collector.name.startswith("facetally_"):
            existing.add(collector.name + ("_total" if collector.type == "counter" else ""))
    documented = set(re.findall(r"^\| `(facetally_\w+)`", (ROOT / "docs/telemetry.md").read_text(), re.MULTILINE))
    assert documented == existing


def test_every_message_is_documented() -> None:
    text = (ROOT / "docs/messages.md").read_text()
    for module in (photo_pb2, face_pb2, question_pb2, estate_pb2, api_key_pb2, model_choice_pb2):
        descriptor = module.DESCRIPTOR
        for name in (*descriptor.message_types_by_name, *descriptor.enum_types_by_name):
            assert f"`{name}`" in text, name


def test_every_command_says_what_it_does() -> None:
    def walk(command: object, path: str) -> None:
        assert getattr(command, "help", None), path
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, f"{path} {name}")

    walk(get_command(app), "facetally")


def test_every_make_target_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for path in MARKDOWN:
        for target in re.findall(r"`make ([a-z0-9-]+)", path.read_text()):
            assert target in targets, f"{path.name}: make {target}"


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_every_path_leads_somewhere(path: Path) -> None:
    text = path.read_text()
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (path.parent / target).exists(), target
    for target in re.findall(r"`((?:services|models|tests|docs|proto|scripts)/[\w./-]+)`", text):
        assert (ROOT / target).exists(), target
