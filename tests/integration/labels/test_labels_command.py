"""`facetally sample`, `labels` and `datasets`, as the commands that people type, on real photos, a real database and a real store."""

import csv
import json
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import asyncpg
import numpy as np
import pytest
from minio import Minio
from typer.testing import CliRunner, Result

from models.dataset.face import decode_chip
from models.dataset.manifest import read
from services.cli import app
from services.common.errors import TransientError
from services.common.storage import PhotoStorage
from services.common.vocabulary import Quality
from services.labels.adapters import label_studio
from services.labels.settings import LABELS_FILE, LabelsSettings
from services.record.domain.retention import Kept
from services.standalone import machine
from services.standalone.domain import environment_file, plan_ports, service_environment
from tests.drawn_faces import NOON, draw_face
from tests.estates import register
from tests.integration.backfill.recorded import GONE, Seen, photos, record, seen
from tests.integration.record.estates import BEGIN, Shop, make_estate
from tests.integration.record.test_rollups import World, connected, execute
from tests.servers.postgres import Database
from tests.servers.running import finish
from tests.servers.s3 import S3Server
from tests.servers.services import connection

Run = Callable[..., Result]
NAMES = ("photo-01", "photo-04", "photo-07", GONE)
PERIOD = ("--since", f"{BEGIN - timedelta(days=3):%Y-%m-%d}", "--until", f"{BEGIN + timedelta(days=1):%Y-%m-%d}")


@pytest.fixture(scope="module")
def shown(demo_photos: Path, s3_server: S3Server) -> Seen:
    return finish(seen(demo_photos, s3_server))


@pytest.fixture
def labels(s3_server: S3Server, database: Database) -> Run:
    s3 = connection(s3_server.settings("labels"))
    variables = service_environment("labels", {"s3": s3, "datasets": s3, "postgres_dsn": database.dsn("labels")})

    def run(*words: str, env: Mapping[str, str] = MappingProxyType({})) -> Result:
        with ThreadPoolExecutor(1) as thread:  # the command has an event loop of its own
            return thread.submit(CliRunner().invoke, app, words, env={"COLUMNS": "250", **variables, **env}).result()

    return run


async def recorded(database: Database, shown: Seen) -> list[Shop]:
    """A photo of each name, all of whose faces count."""
    chance = random.Random(5)
    shops = await make_estate(database, chance)
    emotions = (0.4, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0)
    rows = [
        replace(
            row,
            faces=tuple(
                replace(face, quality=Quality.GOOD, age_years=30.5, emotion_probabilities=emotions)
                for face in row.faces
            ),
        )
        for row in photos(chance, shops, shown, NAMES, ("nets-1",))
    ]
    async with connected(database) as (tallies, _):
        await record(tallies, rows)
    return shops


def told(result: Result) -> str:
    assert result.exit_code == 0, f"{result.stderr}\n{result.exception}"
    return result.stdout + result.stderr


def refused(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    return result.stderr


async def test_faces_are_drawn_labelled_and_put_together_and_go_when_their_photos_go(
    database: Database, labels: Run, shown: Seen, tmp_path: Path
) -> None:
    await recorded(database, shown)
    there = sum(len(shown.faces[name]) for name in NAMES if name != GONE)
    gone = len(shown.faces[GONE])
    assert there > 2
    first = told(labels("sample", "--count", "1000", *PERIOD))
    assert f"{there} faces were drawn" in first
    assert f"{gone} were left out: their photos are not kept" in first
    assert "No net learns from them" in first
    again = told(labels("sample", "--by", "random", "--consent", *PERIOD))
    assert f"No faces were drawn. {gone} were left out: their photos are not kept any more.\n" in again
    await execute(
        database, f"delete from face using photo p where face.photo_id = p.photo_id and object_key like '%{GONE}%'"
    )
    again = told(labels("sample", "--by", "random", *PERIOD))
    assert "No faces were drawn: all of these days were drawn already.\n" in again, "none is drawn twice"
    for by in ("balance", "camera"):
        told(labels("sample", "--by", by, *PERIOD))
    assert "no release in shadow has looked at any" in told(labels("sample", "--by", "disagreement", *PERIOD))
    before = ("--since", "2001-01-01", "--until", "2001-01-02")
    assert "No faces were drawn: none was recorded in these days.\n" in told(labels("sample", *before))
    assert "there is no shop nowhere" in refused(labels("sample", "--shop", "nowhere", *PERIOD))
    assert f"may learn from {there:,} faces; that is new of {there:,}" in told(
        labels("labels", "consent", "--yes", "--since", PERIOD[1])
    )

    # The chips are those that detect cuts out.
    drawn = await execute(database, "select box_left_px, chip from drawn_face where object_key like '%photo-01%'")
    assert len(drawn) == len(shown.faces["photo-01"])
    for left_px, png in drawn:
        cut = next(found for found in shown.faces["photo-01"] if round(found.left_px) == left_px)
        assert np.abs(decode_chip(png).astype(int) - cut.chip.astype(int)).mean() < 8

    exported = told(labels("labels", "export", str(tmp_path / "faces.csv")))
    assert f"remove {tmp_path / 'faces.csv'} and {tmp_path / 'faces'} when it is done" in exported
    with (tmp_path / "faces.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == there
    assert all((tmp_path / row["picture"]).read_bytes().startswith(b"\x89PNG") for row in rows)
    rows[0] |= {"age_years": "34", "gender": "female", "emotion": "happiness"}
    rows[1] |= {"usable": "no"}

    def write(name: str) -> str:
        with (tmp_path / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return str(tmp_path / name)

    good = write("good.csv")
    rows[-1] |= {"gender": "woman"}
    wrong = refused(labels("labels", "import", write("bad.csv"), "--by", "Ana"))
    assert f"line {len(rows) + 1}: 'woman' is none of female, male" in wrong
    assert await execute(database, "select from face_label") == [], "nothing of a file with a wrong row"
    assert "2 labels were imported" in told(labels("labels", "import", good, "--by", "Ana"))

    told(labels("labels", "export", str(tmp_path / "tasks.json")))
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    assert len(tasks) == there - 2, "those that nobody has labelled"
    assert tasks[0]["data"]["image"].startswith("data:image/png;base64,")
    assert tasks[0]["predictions"][0]["model_version"] == "nets-1"
    asked = told(labels("labels", "export", "--config"))
    assert asked == label_studio.config()
    assert all(f'name="{one["from_name"]}"' in asked for one in tasks[0]["predictions"][0]["result"])
    tasks[0]["annotations"] = [
        {"result": tasks[0]["predictions"][0]["result"], "updated_at": "2026-01-02"},
        {"result": [], "updated_at": "2026-01-03", "was_cancelled": True},
    ]
    (tmp_path / "done.json").write_text(json.dumps(tasks))
    assert "1 labels were imported" in told(labels("labels", "import", str(tmp_path / "done.json"), "--by", "Ben"))
    status = told(labels("labels", "status")).splitlines()[1].split()
    assert status == ["uncertainty", str(there), "2", "1", str(there - 3), str(there)]

    version = labels("datasets", "make", "faces").stdout.strip()
    assert "It was in the store already" in labels("datasets", "make", "faces").stderr
    more = labels("datasets", "make", "faces", "--unlabelled-too").stdout.strip()
    assert [line.split()[1] for line in told(labels("datasets", "list")).splitlines()[1:]] == [version, more]
    told(labels("datasets", "fetch", "faces", version, str(tmp_path / "fetched")))
    fetched = {face.face_id: face for face in read(tmp_path / "fetched")}
    assert set(fetched) == {rows[0]["face_id"], tasks[0]["data"]["face_id"]}
    face = fetched[rows[0]["face_id"]]
    assert (face.age_years, face.gender, face.emotion, face.labelled_by, face.consent) == (
        34, "female", "happiness", "Ana", True,
    )  # fmt: skip
    told(labels("datasets", "fetch", "faces", str(tmp_path / "newest")))
    assert len(read(tmp_path / "newest")) == there - 1, "one is not usable"
    assert "is there already" in refused(labels("datasets", "fetch", "faces", str(tmp_path / "newest")))
    told(labels("labels", "consent", "--no", face.face_id))
    assert labels("datasets", "make", "faces").stdout.strip() not in (version, more), "what people agree to is in it"

    # Photos are kept for 30 days; what was drawn of one that arrived before goes, and its labels with it.
    world = World()
    kept = Kept(365, 62, 1095, photos_days=30)
    await execute(
        database,
        f"update drawn_face set received_at = '{world.now - timedelta(days=29)}' where face_id <> '{face.face_id}'",
    )
    await execute(
        database,
        f"update drawn_face set received_at = '{world.now - timedelta(days=31)}' where face_id = '{face.face_id}'",
    )
    async with connected(database) as (_, rollups):
        await world.job(rollups, kept).round()
    assert {row[0] for row in await execute(database, "select face_id from drawn_face")} == {
        row["face_id"] for row in rows[1:]
    }
    assert await execute(database, f"select from face_label where face_id = '{face.face_id}'") == []
    later = labels("datasets", "make", "faces").stdout.strip()
    told(labels("datasets", "fetch", "faces", later, str(tmp_path / "later")))
    assert [one.face_id for one in read(tmp_path / "later")] == [tasks[0]["data"]["face_id"]]
    assert "its faces is among" in refused(labels("labels", "import", _only(good, face.face_id), "--by", "Ana"))


def _only(file: str, face_id: str) -> str:
    """A file with one of the rows."""
    path = Path(file)
    heading, *lines = path.read_text().splitlines()
    path.write_text("\n".join([heading, *(line for line in lines if line.startswith(face_id))]))
    return file


async def test_a_data_set_that_was_damaged_in_the_store_is_not_fetched(
    database: Database, labels: Run, shown: Seen, s3_server: S3Server, tmp_path: Path
) -> None:
    await recorded(database, shown)
    await execute(
        database,
        "insert into shadow_face select photo_id, face_index, p.local_day, camera_id, shop_id, now(), 'nets-1', 'nets-2', age_years, "
        "female_probability, emotion_probabilities, 80, 1, '{0,1,0,0,0,0,0}' from face join photo p using (photo_id) "
        "where object_key like '%photo-01%' order by face_index limit 1",
    )
    assert "1 faces were drawn" in told(labels("sample", "--by", "disagreement", *PERIOD))
    ((score,),) = await execute(database, "select score from drawn_face")
    assert score > 0.8, "about fifty years, and another emotion"
    told(labels("sample", *PERIOD))
    assert "no face is labelled" in refused(labels("datasets", "make", "damaged"))
    version = labels("datasets", "make", "damaged", "--unlabelled-too").stdout.strip()
    (tmp_path / "other").write_bytes(b"other faces")
    settings = s3_server.datasets("labels")
    secret = settings.secret_key.get_secret_value()
    store = Minio(f"127.0.0.1:{s3_server.port}", settings.access_key, secret, region=settings.region, secure=False)
    store.fput_object(settings.bucket, f"damaged/{version}/faces.parquet", str(tmp_path / "other"))
    wrong = refused(labels("datasets", "fetch", "damaged", str(tmp_path / "fetched")))
    assert "damaged in the store" in wrong
    assert [path.name for path in tmp_path.iterdir()] == ["other"], "nothing is left of it"


async def test_people_agree_later_or_not_any_more(database: Database, labels: Run) -> None:
    await register(database)
    owner = await asyncpg.connect(database.dsn("owner"))
    try:
        berlin, other, tokyo = [
            await draw_face(owner, number, shop, doubt=1.0)
            for number, shop in ((1, "berlin-mitte"), (2, "berlin-mitte"), (3, "tokyo-ginza"))
        ]
    finally:
        await owner.close()

    def said(*words: str) -> str:
        return told(labels("labels", "consent", *words))

    assert "must not learn from 2 faces; that is new of 2." in said("--no", "--shop", "berlin-mitte")
    assert "may learn from 2 faces; that is new of 1." in said("--yes", berlin, tokyo)
    assert "must not learn from 1 faces; that is new of 1." in said(
        "--no", "--shop", "tokyo-ginza", "--since", f"{NOON:%Y-%m-%d}", "--until", f"{NOON:%Y-%m-%d}"
    )
    agreed = await execute(database, "select face_id from drawn_face where consent")
    assert [row[0] for row in agreed] == [berlin]
    assert "say which faces" in refused(labels("labels", "consent", "--yes"))
    assert "'everybody' is not the id of a face" in refused(labels("labels", "consent", "--yes", "everybody"))
    assert "there is no shop nowhere" in refused(labels("labels", "consent", "--yes", "--shop", "nowhere"))
    assert "no such face is among" in refused(labels("labels", "consent", "--yes", other, "--until", "2001-01-01"))
    assert labels("labels", "consent", berlin).exit_code == 2, "yes or no is said, and not taken for granted"


def test_an_export_that_fails_leaves_nothing_and_says_what_is_in_its_way(
    database: Database, labels: Run, tmp_path: Path
) -> None:
    away = {"FACETALLY_LABELS_POSTGRES_DSN": "postgresql://labels:secret@127.0.0.1:9/facetally"}
    for name in ("own.csv", "own.json"):
        assert "Postgres is away" in refused(labels("labels", "export", str(tmp_path / name), env=away))
    assert list(tmp_path.iterdir()) == []
    for there in (tmp_path / "own.csv", tmp_path / "own"):
        there.touch()
        failed = refused(labels("labels", "export", str(tmp_path / "own.csv")))
        assert f"{there} is there already: choose another name, or remove it." in failed
        assert list(tmp_path.iterdir()) == [there]
        there.unlink()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "face_id\n".encode("utf-16"), "save it as CSV UTF-8"),
        ("a.csv", "face_id,Größe\n".encode("latin-1"), "save it as CSV UTF-8"),
        ("a.json", b"[" * 100_000, "is nested too deep"),
        ("a.json", b'[{"id": ' + b"1" * 5000 + b"}]", "cannot be read"),
        ("a.json", b'[{"image": "data:", "face_id": "a", "age": 3}]', "export in the format JSON."),
    ],
)
def test_a_file_that_was_saved_otherwise_is_told_how(
    labels: Run, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert says in refused(labels("labels", "import", str(tmp_path / name), "--by", "Ana"))


@pytest.mark.parametrize("command", [["make"], ["fetch", "folder"]])
@pytest.mark.parametrize("name", ["", "../faces", "Faces"])
def test_a_data_set_has_a_name(command: list[str], name: str) -> None:
    result = CliRunner().invoke(app, ["datasets", command[0], "--", name, *command[1:]], env={"COLUMNS": "250"})
    assert result.exit_code == 2
    assert f"{name!r} is no name of a data set" in result.stderr


async def test_its_role_sees_no_tally_and_changes_nothing_else_and_record_sees_no_picture(database: Database) -> None:
    for role, refused_ones in (
        (
            "labels",
            (
                "select from tally_hour",
                "delete from drawn_face",
                "update face set age_years = 1",
                "update drawn_face set age_years = 1",
                "select * from person",
            ),
        ),
        ("record", ("select chip from drawn_face", "select from face_label")),
        ("account", ("select chip from drawn_face", "select from face_label")),
        ("report", ("insert into face_label (face_id, is_face, labelled_by) values ('a', false, 'b')",)),
    ):
        connected_as = await asyncpg.connect(database.dsn(role))
        try:
            for query in refused_ones:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connected_as.execute(query)
        finally:
            await connected_as.close()


async def test_its_user_of_the_store_reads_photos_and_others_see_no_data_set(s3_server: S3Server) -> None:
    datasets = {"bucket": "datasets"}
    async with (
        PhotoStorage.connect(s3_server.settings("labels")) as labels,
        PhotoStorage.connect(s3_server.settings("labels").model_copy(update=datasets)) as own,
        PhotoStorage.connect(s3_server.settings("detect").model_copy(update=datasets)) as detect,
    ):
        with pytest.raises(TransientError, match="403"):
            await labels.put("labels/mine.jpg", b"photo")
        await own.put("rights/faces", b"faces")
        with pytest.raises(TransientError, match="403"):
            await detect.get("rights/faces")


def test_one_machine_writes_its_settings_where_they_are_read(tmp_path: Path) -> None:
    assert machine._LABELS_FILE == LABELS_FILE
    secrets = dict.fromkeys(machine._secret_names(), "secret")
    values = machine._labels(plan_ports(2121, 8080, 8081, 9100, 1), secrets)
    (tmp_path / LABELS_FILE).write_text(environment_file(values))
    settings = LabelsSettings(_env_file=tmp_path / LABELS_FILE)
    assert (settings.s3.access_key, settings.datasets.bucket) == ("labels", "datasets")
    assert "//labels:secret@" in settings.postgres_dsn.get_secret_value()
