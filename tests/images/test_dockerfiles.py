"""What every Dockerfile must say, and must not."""

import re
from pathlib import Path

import pytest

from scripts.images.catalogue import DOCUMENT, LOAD_PHOTOS, ROOT, Image, budgets, images
from tests.images.dockerfiles import copied, files, instructions

BASE = ROOT / "k8s" / "images" / "base" / "Dockerfile"
DOCKERFILES = sorted({image.dockerfile for image in images()})
# Of images that are told more words, which come behind these.
ENTRY_POINTS = {
    "operator": ("[facetally]",),
    "loadtest": ("[python,", "-m,", "locust,", "--locustfile,", "/app/loadtest/locustfile.py]"),
}
# Each has an image of its own; the commands share one, and what is for one machine has none.
SERVICES = {"classify", "detect", "faceapi", "ingest", "provision", "record", "report"}
DEVICES = {"classify", "detect"}
SECRET = re.compile(r"passw|secret_key|token|dsn|cookie_key", re.IGNORECASE)


def named(path: Path) -> str:
    return path.parent.name


def test_every_service_has_an_image_and_those_with_nets_have_one_for_each_device() -> None:
    expected = SERVICES | {"operator", "loadtest"} | {f"{name}-cuda" for name in DEVICES}
    assert {image.name for image in images()} == expected


def test_every_image_has_a_budget_and_every_budget_an_image() -> None:
    assert set(budgets(DOCUMENT.read_text())) == {image.name for image in images()}


@pytest.mark.parametrize("dockerfile", [*DOCKERFILES, BASE], ids=named)
def test_nothing_is_built_upon_but_what_an_argument_names(dockerfile: Path) -> None:
    stages: set[str] = set()
    defaults = [word for one in instructions(dockerfile) if one.name == "ARG" for word in one.words]
    assert not {word for word in defaults if word.split("=")[0] in {"BASE", "BUILD", "PYTHON"} and "=" in word}
    for instruction in instructions(dockerfile):
        if instruction.name == "FROM":
            source, *rest = instruction.words
            assert source in {"${BASE}", "${BUILD}", "${PYTHON}"} | stages
            stages |= set(rest[1:])
        for word in instruction.words:
            if word.startswith("--from="):
                assert word.removeprefix("--from=") in stages
    assert not re.search(r"https?://|\b[a-z0-9-]+\.(?:io|dev|com)/", dockerfile.read_text())


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=named)
def test_an_image_runs_one_service_as_nobody_and_holds_no_secret(dockerfile: Path) -> None:
    last_stage = instructions(dockerfile)
    while any(one.name == "FROM" for one in last_stage[1:]):
        last_stage = last_stage[1:]
    said = {one.name: one.words for one in last_stage}
    assert said["USER"] == ("10001:10001",)
    if named(dockerfile) in ENTRY_POINTS:
        assert said["ENTRYPOINT"] == ENTRY_POINTS[named(dockerfile)]
    else:
        assert said["CMD"] == ("[python,", "-m,", f"services.{named(dockerfile)}]")
    assert not {"ADD", "HEALTHCHECK", "EXPOSE", "VOLUME", "SHELL"} & set(said)
    assert [one.words for one in last_stage if one.name == "COPY"] == [("--from=build", "/app", "/app")]
    for instruction in instructions(dockerfile):
        if instruction.name in {"ARG", "ENV", "LABEL"}:
            assert not [word for word in instruction.words if SECRET.search(word)]


@pytest.mark.parametrize("dockerfile", [*DOCKERFILES, BASE], ids=named)
def test_whatever_is_copied_is_there_and_is_let_in(dockerfile: Path) -> None:
    let_in = let_in_by(Image(named(dockerfile), dockerfile).ignored)
    for source in copied(dockerfile):
        for device in ("cpu", "cuda") if "${DEVICE}" in source else ("",):
            # Photos are made when the image is built.
            found = {Path(source)} if ROOT / source == LOAD_PHOTOS else files(source.replace("${DEVICE}", device))
            assert found, source
            assert all(any(path.is_relative_to(folder) for folder in let_in) for path in found), source


def let_in_by(ignored: Path) -> set[str]:
    """What a .dockerignore lets in; all else it keeps out."""
    first, *others = [line for line in ignored.read_text().splitlines() if not line.startswith("#")]
    assert first == "*"
    return {line[1:] for line in others if line.startswith("!")}


def test_nothing_is_let_in_that_is_not_to_be_in_an_image() -> None:
    assert let_in_by(ROOT / ".dockerignore") == {
        "k8s/images",
        "models",
        "proto/gen",
        "pyproject.toml",
        "README.md",
        "requirements.lock",
        "services",
    }
    own = {image.name: image.ignored for image in images() if image.ignored != ROOT / ".dockerignore"}
    assert own == {"loadtest": ROOT / "loadtest/Dockerfile.dockerignore"}
    assert let_in_by(own["loadtest"]) == let_in_by(ROOT / ".dockerignore") | {"loadtest", "build/load/photos"}


@pytest.mark.parametrize("image", images(), ids=lambda image: image.name)
def test_every_image_has_a_list_of_packages_of_its_own(image: Image) -> None:
    (source,) = (source for source in copied(image.dockerfile) if "requirements/" in source)
    assert ROOT / source.replace("${DEVICE}", image.device or "") == image.requirements
    assert image.requirements.is_file()
