"""`facetally models`, as the command that people type, on a real nats-server and a real store."""

import json
import os
import pickle
import shutil
import stat
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from models.dataset.face import Split
from models.dataset.manifest import read, write
from models.release import RELEASE_FILE
from services.classify.settings import ClassifierSettings
from services.cli import app
from services.common.model_choice import new_private_key, private_key_of, public_text
from services.common.release_store import ReleaseStore
from services.rollout.settings import MODELS_FILE, RolloutSettings
from services.standalone import machine
from services.standalone.adapters.state_folder import StateFolder
from services.standalone.domain import environment_file, plan_ports, service_environment
from tests.models.data_sets import NOON, face, variants
from tests.models.releases import pair_release, rewrite
from tests.servers.nats import NatsServer
from tests.servers.running import finish
from tests.servers.s3 import S3Server
from tests.servers.services import connection

Run = Callable[..., Result]
_numbers = count()


def typed(variables: Mapping[str, str | None], *words: str) -> Result:
    with ThreadPoolExecutor(1) as thread:  # the command has an event loop of its own
        return thread.submit(CliRunner().invoke, app, ["models", *words], env={"COLUMNS": "200", **variables}).result()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("releases") / "made"
    pair_release(folder, "made")
    return folder


@pytest.fixture
def release(made: Path, tmp_path: Path) -> Callable[..., Path]:
    """Make a release of a new name: the store outlives a test."""

    def make(**changes: object) -> Path:
        name = f"release-{next(_numbers)}"
        folder = Path(shutil.copytree(made, tmp_path / name))
        rewrite(folder, name=name, **changes)
        return folder

    return make


@pytest.fixture
def models(clean_streams: NatsServer, s3_server: S3Server, tmp_path: Path) -> Run:
    key = new_private_key()
    (tmp_path / "alice.pem").write_bytes(key)
    values = {
        "nats": connection(clean_streams.settings("models")),
        "s3": connection(s3_server.settings("models")),
        "trusted_keys": json.dumps({"alice": public_text(private_key_of(key))}),
        "key_file": tmp_path / "alice.pem",
        "promoter": "alice",
    }
    variables = service_environment("rollout", values)
    return lambda *words: typed(variables, *words)


def lines(result: Result) -> list[list[str]]:
    assert result.exit_code == 0, result.stderr
    return [line.split() for line in result.stdout.splitlines()]


@pytest.fixture(scope="session")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set whose labelled faces are all in its test split."""
    chips = variants(400)
    labels = {"age_years": 30.0, "gender": "female", "emotion": "neutral", "labelled_by": "alice", "labelled_at": NOON}
    held = (face(number, chip, **labels) for number, chip in enumerate(chips))
    folder = tmp_path_factory.mktemp("held") / "out"
    write(
        folder, [each for each in held if each.split is Split.TEST], name="held-out", drawn_from="a test", made_at=NOON
    )
    return folder


def test_a_release_that_is_worse_on_labelled_faces_is_refused_unless_somebody_says_why(
    models: Run, release: Callable[..., Path], held_out: Path, tmp_path: Path, s3_server: S3Server
) -> None:
    equal, worse = release(), tmp_path / "much-older"
    pair_release(worse, "much-older", years_older=60)
    for folder in (equal, worse):
        assert models("add", str(folder)).exit_code == 0
    blind = models("promote", equal.name)
    assert (blind.exit_code, "--held-out FOLDER" in blind.stderr) == (1, True), blind.stderr
    promoted = models("promote", equal.name, "--held-out", str(held_out))
    assert promoted.exit_code == 0, promoted.stderr
    refused = models("promote", "much-older", "--held-out", str(held_out))
    assert (refused.exit_code, "age_error_years of everybody is worse by" in refused.stderr) == (1, True)
    version = read(held_out).about.version
    file = f"comparison-{equal_digest(models, equal.name)}-held-out-{version}.json"
    kept = json.loads(finish(ReleaseStore(s3_server.models("models")).get("much-older", file, 100_000)))
    assert kept["passed"] is False
    assert any(each["refused"] and each["group"] == "everybody" for each in kept["comparisons"])
    assert lines(models("history"))[1][2] == equal.name
    assert models("promote", "much-older", "--force", "we sell to the old").exit_code == 0
    assert " ".join(lines(models("history"))[1]).endswith("we sell to the old")


def equal_digest(models: Run, name: str) -> str:
    return models("show", name).stdout.split("release.toml: ")[1][:8]


def test_releases_are_added_listed_shown_compared_promoted_and_rolled_back(
    models: Run, release: Callable[..., Path]
) -> None:
    first, second = release(), release(figures=())
    assert "the models that come with the code are in service" in models("list").stdout
    for folder in (first, second):
        added = models("add", str(folder))
        assert (added.exit_code, "is in the store" in added.stderr) == (0, True), added.stderr
        assert "was there already" in models("add", str(folder)).stderr
    rows = {row[0]: row for row in lines(models("list")) if row and row[0].startswith("release-")}
    assert rows[first.name][1] == "pair"

    shown = models("show", first.name).stdout
    assert f"{first.name}, pair: face-api-age-gender, face-api-expression" in shown
    assert "share of genders right" in shown
    assert any(row[-1] == "0.985" for row in lines(models("diff", second.name, first.name)))

    refused = models("promote", second.name)
    assert (refused.exit_code, "--force REASON" in refused.stderr) == (1, True)
    assert models("promote", first.name, "--force", "the first").exit_code == 0
    assert models("promote", second.name, "--force", "a trial").exit_code == 0
    assert ["*", second.name] in [row[:2] for row in lines(models("list"))]
    assert models("rollback", "--reason", "older people").exit_code == 0
    history = lines(models("history"))[1:]
    assert [(row[2], row[4], " ".join(row[5:])) for row in history] == [
        (first.name, "alice", "older people"),
        (second.name, "alice", "a trial"),
        (first.name, "alice", "the first"),
    ]
    assert models("promote", "built-in").exit_code == 0
    assert "somebody" not in models("list").output


def test_releases_are_tried_out_listed_and_ended(models: Run, release: Callable[..., Path]) -> None:
    folder = release()
    assert models("add", str(folder)).exit_code == 0
    for role, share in (("canary", "0.1"), ("shadow", "0.05")):
        done = models(role, folder.name, "--share", share)
        assert (done.exit_code, f"is the {role} for {float(share):.0%}" in done.stderr) == (0, True), done.stderr
    listed = lines(models("list"))[-1]
    assert listed[2:] == ["built-in", folder.name, "0.1", folder.name, "0.05", "alice"]
    assert models("canary", "--stop").exit_code == 0
    assert [row[3:5] for row in lines(models("history"))[1:]] == [
        [folder.name, "0.05"],
        [folder.name, "0.1"],
        [folder.name, "0.1"],
    ]
    for words, says in (
        (["canary", "--stop"], "there is no canary"),
        (["shadow", folder.name], "--share SHARE"),
        (["shadow", folder.name, "--stop"], "`--stop` alone"),
        (["canary", "never", "--share", "0.1"], "there is no release never"),
        (["canary", folder.name, "--share", "1.5"], "1 at most"),
    ):
        refused = models(*words)
        assert (refused.exit_code, says in refused.stderr) == (1, True), refused.stderr


def test_a_release_is_never_changed(models: Run, release: Callable[..., Path]) -> None:
    folder = release()
    assert models("add", str(folder)).exit_code == 0
    rewrite(folder, made_from="something else")
    again = models("add", str(folder))
    assert (again.exit_code, "a release never changes" in again.stderr) == (1, True)
    assert "made 20" in models("show", folder.name).stdout
    assert "something else" not in models("show", folder.name).stdout


def test_a_release_whose_files_have_not_all_arrived_is_none_yet(
    models: Run, release: Callable[..., Path], s3_server: S3Server
) -> None:
    folder = release()
    finish(ReleaseStore(s3_server.models("models")).put(folder.name, "face-api-expression.bin", b"net"))
    assert [folder.name, "not", "complete"] in lines(models("list"))
    assert "there is no release" in models("promote", folder.name).stderr
    assert models("add", str(folder)).exit_code == 0
    assert models("promote", folder.name, "--force", "a test").exit_code == 0


def test_a_release_that_was_damaged_in_the_store_is_not_promoted(
    models: Run, release: Callable[..., Path], s3_server: S3Server
) -> None:
    folder = release()
    models("add", str(folder))
    finish(ReleaseStore(s3_server.models("models")).put(folder.name, "face-api-expression.bin", b"another"))
    refused = models("promote", folder.name)
    assert (refused.exit_code, "damaged in the store" in refused.stderr) == (1, True)
    assert lines(models("history"))[1:] == []
    assert "is in the store" in models("add", str(folder)).stderr
    assert models("promote", folder.name, "--force", "a test").exit_code == 0


def test_nothing_is_added_that_would_never_serve(models: Run, release: Callable[..., Path]) -> None:
    folder = release()
    net = folder / "face-api-expression.bin"
    net.write_bytes(pickle.dumps({"weights": [1.0]}))
    rewrite(folder)
    refused = models("add", str(folder))
    assert (refused.exit_code, "no release that could serve" in refused.stderr) == (1, True), refused.stderr
    assert folder.name not in models("list").stdout


def test_what_people_write_is_shown_as_they_wrote_it(models: Run, release: Callable[..., Path]) -> None:
    folder = release()
    rewrite(folder, made_from="[/x] faces of [red]shops[/red]")
    assert models("add", str(folder)).exit_code == 0
    assert models("promote", folder.name, "--force", "ok [/b] [bold]reason").exit_code == 0
    assert "[/x] faces of [red]shops[/red]" in models("list").stdout
    assert "ok [/b] [bold]reason" in models("history").stdout
    refused = models("show", "../[/red]")
    assert "there is no release ../[/red]." in refused.stderr


def test_what_cannot_be_is_said(models: Run, release: Callable[..., Path], tmp_path: Path) -> None:
    folder = release()
    (folder / "face-api-expression.bin").write_bytes(b"another")
    assert "is not the file that was released" in models("add", str(folder)).stderr
    (folder / RELEASE_FILE).unlink()
    for words, says in (
        (["add", str(folder)], "release.toml cannot be read"),
        (["show", "never"], "there is no release never"),
        (["promote", "never"], "there is no release never"),
        (["rollback"], "nothing was ever promoted"),
        (["promote", "never", "--key", str(tmp_path / "none.pem")], "none.pem"),
        (["promote", "built-in", "--by", "bob"], "in service already"),
    ):
        refused = models(*words)
        assert (refused.exit_code, says in refused.stderr) == (1, True), refused.stderr
        assert refused.stdout == ""


def test_only_whose_key_is_trusted_promotes(models: Run, release: Callable[..., Path], tmp_path: Path) -> None:
    folder, key = release(), tmp_path / "mallory.pem"
    models("add", str(folder))
    made = models("key", str(key))
    assert made.exit_code == 0
    assert made.stdout.strip() == public_text(private_key_of(key.read_bytes()))
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    again = models("key", str(key))
    assert (again.exit_code, "File exists" in again.stderr) == (1, True)
    for by in ("alice", "mallory"):
        refused = models("promote", folder.name, "--key", str(key), "--by", by, "--force", "a test")
        assert (refused.exit_code, "classify would not follow" in refused.stderr) == (1, True)


def test_settings_come_from_the_files_that_one_machine_writes(
    clean_streams: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = plan_ports(2121, 8080, 8081, clean_streams.port, 1)
    with StateFolder(tmp_path) as state:
        secrets = state.secrets(machine._secret_names()) | {"nats-models": "password-of-models"}
        key = state.promoter_key()
        assert state.promoter_key().read_bytes() == key.read_bytes()
        promoters = json.dumps({"standalone": public_text(private_key_of(key.read_bytes()))})
        values = machine._models(ports, secrets, key, promoters)
        state.keep_private(machine._MODELS_FILE, environment_file(values).encode())
    assert machine._MODELS_FILE == MODELS_FILE
    for file in (tmp_path / MODELS_FILE, key):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(name.startswith("FACETALLY_ROLLOUT") for name in os.environ)
    told = typed({"FACETALLY_STANDALONE_STATE_DIR": str(tmp_path)}, "history")
    assert told.exit_code == 0, told.stderr
    read = RolloutSettings(_env_file=tmp_path / MODELS_FILE)
    assert (read.s3.access_key, read.s3.bucket, read.promoter) == ("models", "models", "standalone")
    rollout = {**machine._s3(ports, secrets, "classify"), "trusted_keys": promoters, "cache_dir": tmp_path / "models"}
    classify = service_environment("classify", {"nats": machine._nats(ports, secrets, "classify"), "rollout": rollout})
    for name, value in classify.items():
        monkeypatch.setenv(name, value)
    followed = ClassifierSettings().rollout
    assert followed is not None
    assert followed.trusted_keys == read.trusted_keys


def test_servers_that_are_not_there_are_said(models: Run) -> None:
    values = {
        "nats": {"url": "nats://127.0.0.1:1", "user": "models", "password": "x"},
        "s3": {"url": "http://127.0.0.1:1", "access_key": "models", "secret_key": "secret"},
        "trusted_keys": "{}",
    }
    variables = service_environment("rollout", values)
    assert "nobody answers at nats://127.0.0.1:1" in typed(variables, "history").stderr
    assert "the store of models is away" in typed(variables, "show", "any").stderr
    wrong = typed({**variables, "FACETALLY_ROLLOUT_TRUSTED_KEYS": '{"alice": "none"}'}, "history")
    assert (wrong.exit_code, "FACETALLY_ROLLOUT_TRUSTED_KEYS" in str(wrong.exception)) == (1, True)
