"""What the commands of docs/kubernetes.md and of pages beside it name is there: files, profiles, targets, objects, keys, commands."""

import json
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from itertools import takewhile
from typing import Any

import pytest
import typer
import yaml

from scripts.k8s_secrets import Kind
from services.cli import app
from services.common.streams import CONSUMERS
from tests.k8s.manifests import COMBINATIONS, GIVEN, K8S, OVERLAYS, ROOT, cluster

PAGES = (ROOT / "docs/kubernetes.md", K8S / "loadtest/README.md", K8S / "components/private-registry/README.md")
# kubectl's words for a kind.
KINDS = {
    "deploy": "Deployment",
    "deployment": "Deployment",
    "job": "Job",
    "scaledobject": "ScaledObject",
    "statefulset": "StatefulSet",
    "cluster": "Cluster",
    "cnpg": "Cluster",
    "scheduledbackup": "ScheduledBackup",
    "secret": "Secret",
    "pod": "Pod",
    "pvc": "PersistentVolumeClaim",
}
# What others label, and not we.
_OTHERS_LABELS = {"topology.kubernetes.io/zone", "node.kubernetes.io/out-of-service", "cnpg.io/scheduled-backup"}
_KINDS_OF_SECRETS = ("generic", "docker-registry")


def commands() -> list[str]:
    """Every line that a reader would type, and what is in backquotes like one."""
    found = []
    for page in PAGES:
        text = page.read_text()
        for block in re.findall(r"^ *```\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
            found += block.replace("\\\n", " ").splitlines()
        found += re.findall(r"`((?:kubectl|skaffold|make|facetally) [^`]+)`", text)
    return [command for line in found for command in _single(re.sub(r"(^|\s+)# .*", "", line).strip())]


def _single(line: str) -> Iterator[str]:
    """Commands of a line: those within others, those of a pipe, one after the other."""
    yield from (part for inner in re.findall(r"\$\(([^()]+)\)", line) for part in _single(inner))
    outer = re.sub(r"\$\(([^()]+)\)", "INNER", line).strip("()")
    # Where an even number of quotes follows, none is open.
    for part in re.split(r" (?:\||&&|&)(?: |$)(?=(?:[^'\"]*['\"][^'\"]*['\"])*[^'\"]*$)", outer):
        if part.strip():
            yield part.strip()


@cache
def objects() -> set[tuple[str, str]]:
    """Kind and name of everything that some cluster has, pods and their volumes included."""
    found = {("Secret", "loadtest-logins"), *(("Secret", name) for name in GIVEN)}
    load = [next(iter(yaml.safe_load_all(path.read_text()))) for path in (K8S / "loadtest").glob("*.yaml")]
    for name in (*OVERLAYS, *COMBINATIONS):
        found |= {("Secret", secret) for secret in cluster(name).secrets()}
        load += cluster(name).manifests
    for one in load:
        if "metadata" not in one:
            continue
        metadata, kind = one["metadata"], one["kind"]
        found.add((kind, metadata["name"]))
        if kind == "StatefulSet":
            for ordinal in range(one["spec"].get("replicas", 1)):
                pod = f"{metadata['name']}-{ordinal}"
                found.add(("Pod", pod))
                for claim in one["spec"].get("volumeClaimTemplates", []):
                    found.add(("PersistentVolumeClaim", f"{claim['metadata']['name']}-{pod}"))
    return found


def named(words: list[str]) -> Iterator[tuple[str, str]]:
    """Kind and name of each object that a kubectl command is about."""
    if "--" in words:
        words = words[: words.index("--")]
    for kind_of_secret in _KINDS_OF_SECRETS:
        if kind_of_secret in words:
            yield "Secret", words[words.index(kind_of_secret) + 1]
            return
    if "cnpg" in words:
        yield "Cluster", words[words.index("cnpg") + 2]
        return
    for at, word in enumerate(words):
        kind, slash, name = word.partition("/")
        if slash and kind in KINDS:
            yield KINDS[kind], name
        elif word in KINDS:
            names = takewhile(lambda one: not one.startswith("-") and "=" not in one, words[at + 1 :])
            yield from ((KINDS[word], one) for one in names if "/" not in one)
        elif word in {"exec", "port-forward"} and "/" not in words[at + 1]:
            yield "Pod", words[at + 1]


def labels() -> set[str]:
    """Every label that something of ours has or asks for."""
    text = str([one for name in (*OVERLAYS, *COMBINATIONS) for one in cluster(name).manifests])
    return {f"{key}={value}" for key, value in re.findall(r"'([\w./-]+)': '([\w-]+)'", text)}


def starting(program: str) -> list[str]:
    """Commands of one program."""
    found = [line for line in commands() if line.startswith(f"{program} ")]
    assert found, program
    return found


def test_the_pages_have_commands() -> None:
    assert len(commands()) > 60


def test_objects_are_there() -> None:
    wanted = {one for line in starting("kubectl") for one in named(shlex.split(line))}
    assert {("Job", "provision"), ("Deployment", "operator"), ("Cluster", "postgres-2"), ("Pod", "nats-1")} <= wanted
    assert wanted - objects() == set()


def test_labels_are_there() -> None:
    asked = {
        word
        for line in starting("kubectl")
        for before, word in zip(shlex.split(line), shlex.split(line)[1:], strict=False)
        if before == "-l" or re.match(r"facetally/\w+=", word)
    }
    assert {"facetally/monitoring=true", "facetally/restored=true", "app.kubernetes.io/name=operator"} <= asked
    assert {label for label in asked if label.split("=")[0] not in _OTHERS_LABELS} - labels() == set()


def test_containers_are_there() -> None:
    pods = [line for line in starting("kubectl") if " -c " in line and " exec " in line]
    assert pods
    for line in pods:
        words = shlex.split(line)
        pod = cluster("hq").named("StatefulSet", words[words.index("exec") + 1].rpartition("-")[0])
        names = {container["name"] for container in pod["spec"]["template"]["spec"]["containers"]}
        assert words[words.index("-c") + 1] in names


def test_files_are_there_or_were_made() -> None:
    asked = set()
    for line in commands():
        asked |= set(re.findall(r"(?:-f|-k|kustomize|cd) ((?:k8s/|secrets-)[\w./-]+)", line))
    made = {name for line in commands() for name in re.findall(r">([\w.-]+)$", line)}
    assert {"k8s/overlays/hq", "k8s/base/namespace/namespace.yaml", "secrets-hq.json"} <= asked
    for name in asked:
        assert name in made or (ROOT / name).exists(), name
    text = "".join(page.read_text() for page in PAGES)
    for path in re.findall(r"`(k8s/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path


def test_what_is_written_down_is_not_committed() -> None:
    """Passwords, keys, and what ran before."""
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    made = {name for line in commands() for name in re.findall(r">([\w.-]+)$", line)}
    made |= {name for line in starting("facetally") for name in re.findall(r"models key ([\w.-]+)", line)}
    made |= {name for line in commands() for name in re.findall(r"--from-file=([\w.-]+)", line)}
    assert {"secrets-hq.json", "alice.pem", "logins.csv", "images-before.txt"} <= made
    assert [name for name in made if not any(fnmatch(name, pattern) for pattern in ignored)] == []


def test_secrets_are_written_for_oneself_alone() -> None:
    (page, *_) = PAGES
    lines = [line for line in page.read_text().splitlines() if re.search(r">secrets-[\w-]+\.json", line)]
    assert len(lines) == 2
    assert all(line.startswith("(umask 077 && ") for line in lines)


def test_the_backup_that_is_waited_for_is_the_new_clusters() -> None:
    waited = {name for line in commands() for name in re.findall(r"-l cnpg.io/scheduled-backup=([\w-]+)", line)}
    assert waited == {one["metadata"]["name"] for one in cluster("hq-restored").of_kind("ScheduledBackup")}


def test_minio_is_restarted_at_once_and_then_held_again() -> None:
    """Between the two patches all pods are new ones; afterwards it is as the manifest says."""
    asked = [
        json.loads(shlex.split(line)[-1])["spec"] for line in starting("kubectl") if "patch statefulset minio" in line
    ]
    partitions = [one["updateStrategy"]["rollingUpdate"]["partition"] for one in asked]
    assert partitions == [0, cluster("cell").named("StatefulSet", "minio")["spec"]["replicas"]]


def test_keys_of_secrets_are_there() -> None:
    keys = {key for name in (*OVERLAYS, *COMBINATIONS) for secret in cluster(name).secrets().values() for key in secret}
    lines = "\n".join(commands())
    asked = set(re.findall(r"\{\.data\.(\w+)\}", lines)) | set(re.findall(r"--from-literal=(\w+)=", lines))
    assert "NATS_CELL_EUROPE_PASSWORD" in asked
    assert asked - keys == set()
    # A cell that is added later.
    (added,) = re.findall(r'"stringData": \{"(\w+)"', (ROOT / "docs/kubernetes.md").read_text())
    assert added.replace("ASIA", "EUROPE") in keys


def test_values_are_there() -> None:
    text = "".join(page.read_text() for page in PAGES)
    found: set[str] = set()
    for name in (*OVERLAYS, *COMBINATIONS):
        found |= cluster(name).values().keys()
    asked = set(re.findall(r"^ *(RESTORED_\w+)=", text, re.MULTILINE))
    asked |= set(re.findall(r"`((?:STORE|RESTORED|TRUSTED|MODELS|LEAF)_\w+|CELLS)`", text))
    assert {"RESTORED_CLUSTER", "STORE_VOLUME", "CELLS", "TRUSTED_KEYS"} <= asked
    assert asked - found == set()
    example = dict(re.findall(r"^ *(RESTORED_\w+)=(.*)$", text, re.MULTILINE))
    values = cluster("hq-restored").values()
    assert example == {key: values[key] for key in example}


def test_profiles_are_there() -> None:
    (config,) = yaml.safe_load_all((ROOT / "skaffold.yaml").read_text())
    profiles = {profile["name"] for profile in config["profiles"]}
    text = "".join(page.read_text() for page in PAGES)
    asked = set(re.findall(r"(?<![\w-])-p ([\w-]+)", text))
    assert asked == profiles - {"dev", "only-images"}


def test_make_targets_and_kinds_are_there() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in starting("make"):
        words = [word for word in shlex.split(line)[1:] if not word.startswith("-")]
        assert words[0] in targets, line
        for kind in re.findall(r"KIND=(\w+)", line):
            assert kind in set(Kind), line


def test_commands_of_facetally_take_what_they_are_given() -> None:
    lines = [line.split(" -- ", 1)[1] for line in starting("kubectl") if " -- facetally " in line]
    # After `psql ... --` it is the database's name.
    asked = [shlex.split(line)[1:] for line in (*lines, *starting("facetally")) if "select " not in line]
    assert ["estate", "publish"] in asked
    for words in asked:
        takes(typer.main.get_command(app), words)


def takes(command: Any, words: list[str]) -> None:
    """Follow words through a program's commands, to the options of the last one."""
    while below := getattr(command, "commands", None):
        assert words[0] in below, words
        command, words = below[words[0]], words[1:]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options, words


def test_the_consumer_that_is_removed_is_there() -> None:
    (line,) = starting("nats")
    (stream, consumer) = re.findall(r"consumer rm (\w+) (\w+)", line)[0]
    assert (stream, consumer) in {(one.stream, one.name) for one in CONSUMERS}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("kubectl -n facetally rollout status deployment/recorder", ("Deployment", "recorder")),
        ("kubectl delete job provision minio-user --ignore-not-found", ("Job", "minio-user")),
        ("kubectl delete pvc data-nats-7 --wait=false", ("PersistentVolumeClaim", "data-nats-7")),
        ("kubectl cnpg status postgres-9 -n facetally", ("Cluster", "postgres-9")),
        ("kubectl delete scheduledbackup/weekly", ("ScheduledBackup", "weekly")),
        ("kubectl create secret docker-registry images --docker-server=REGISTRY", ("Secret", "images")),
    ],
)
def test_a_name_that_is_wrong_is_noticed(line: str, wanted: tuple[str, str]) -> None:
    """The test of the tests above."""
    assert wanted in set(named(shlex.split(line))) - objects()
