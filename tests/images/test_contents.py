"""Each image has the code that runs in it, and the packages that this code imports, at the versions of the lock."""

import importlib.metadata
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.images.catalogue import ROOT, Image, images
from tests.images.dockerfiles import copied, files

ROOTS = {"services", "models", "loadtest"}
OURS = ROOTS | {"facetally"}
# The command of a cluster has not what starts and shows one machine, nor what plans clusters.
NOT_MOUNTED = ("services.demo", "services.plan", "services.standalone")
# Imported only where the nets run on a GPU: models/runtime/serving.py decides.
FOR_CUDA = {"torch", "torchvision"}
# What a list leaves out on purpose (k8s/images/lock.sh, and tool.uv in pyproject.toml).
LEFT_OUT = {"openvino-telemetry", "triton"}
EXTRAS = {"operator": ("backfill", "detect", "estate", "labels", "operate", "people", "rollout")}
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)(?: \\)?$", re.MULTILINE)


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*sorted(ROOTS), include_external_packages=True, cache_dir=None)


@cache
def pins(file: Path) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PIN.findall(file.read_text())}


@cache
def providers() -> dict[str, set[str]]:
    """Packages by the module that they bring; deptry is told of those whose metadata does not say."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["deptry"]["package_module_name_map"]
    found = {
        name: {canonicalize_name(one) for one in them}
        for name, them in importlib.metadata.packages_distributions().items()
    }
    return found | {module: {canonicalize_name(package)} for package, module in told.items()}


@cache
def imported(image: Image) -> frozenset[str]:
    """Everything that may be imported, at start-up or later: our modules by their full names, others by their first."""
    found: set[str] = set()
    waiting = {image.module}
    while waiting:
        module = waiting.pop()
        if module in found or (image.name == "operator" and module.startswith(NOT_MOUNTED)):
            continue
        found.add(module)
        if module.split(".")[0] in ROOTS:
            waiting |= graph().find_modules_directly_imported_by(module)
            waiting |= {module.rpartition(".")[0]} - {""}
    return frozenset(found)


def module_file(module: str) -> Path:
    path = Path(*module.split("."))
    return path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")


@pytest.mark.parametrize("image", images(), ids=lambda image: image.name)
def test_the_code_that_runs_is_in_the_image(image: Image) -> None:
    there = set[Path]().union(*(files(source) for source in copied(image.dockerfile)))
    needed = {module_file(module) for module in imported(image) if module.split(".")[0] in ROOTS}
    assert needed <= there, sorted(map(str, needed - there))


@pytest.mark.parametrize("image", images(), ids=lambda image: image.name)
def test_no_other_service_is_in_the_image(image: Image) -> None:
    packages = {module.split(".")[1] for module in imported(image) if module.startswith("services.")}
    copied_packages = {
        path.parts[1]
        for source in copied(image.dockerfile)
        for path in files(source)
        if path.parts[0] == "services" and path.suffix == ".py" and len(path.parts) > 2
    }
    assert copied_packages <= packages


@pytest.mark.parametrize("image", images(), ids=lambda image: image.name)
def test_the_packages_that_its_code_imports_are_on_its_list(image: Image) -> None:
    listed = set(pins(image.requirements))
    for module in imported(image):
        name = module.split(".")[0]
        if name in OURS or name in sys.stdlib_module_names or (image.device != "cuda" and name in FOR_CUDA):
            continue
        assert listed & providers()[name], f"{name} comes from {providers()[name]}"


@pytest.mark.parametrize("image", images(), ids=lambda image: image.name)
def test_a_list_has_the_versions_of_the_lock_and_everything_that_its_packages_need(image: Image) -> None:
    listed = pins(image.requirements)
    assert listed.items() <= pins(ROOT / "requirements.lock").items(), "run `make lock`"
    for name in listed:
        for line in importlib.metadata.requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in listed.keys() | LEFT_OUT, (
                    f"{name} needs {needed.name}: run `make lock`"
                )


@pytest.mark.parametrize("image", images(), ids=lambda image: image.name)
def test_a_list_has_what_the_project_asks_for(image: Image) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = EXTRAS.get(image.name, (image.dockerfile.parent.name,)) + (("cuda",) if image.device == "cuda" else ())
    for line in (*project["dependencies"], *(one for name in names for one in project["optional-dependencies"][name])):
        assert canonicalize_name(Requirement(line).name) in pins(image.requirements), line


@pytest.mark.parametrize("image", [image for image in images() if image.device != "cuda"], ids=lambda image: image.name)
def test_no_image_for_a_cpu_carries_what_is_for_a_gpu(image: Image) -> None:
    assert not [name for name in pins(image.requirements) if name in FOR_CUDA or name.startswith(("nvidia", "cuda"))]
