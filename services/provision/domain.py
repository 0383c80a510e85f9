"""What each service may do: subjects in NATS, actions in S3, roles in Postgres. Data only."""

from dataclasses import dataclass
from hashlib import sha256

from services.common.streams import (
    API_KEYS_BUCKET,
    CLASSIFY,
    CONSUMERS,
    DEAD_STREAM,
    DETECT,
    ESTIMATE_SUBJECT,
    EXAMINE_SUBJECT,
    HELD,
    LOOK_SUBJECT,
    MODELS_BUCKET,
    SHADOW_SUBJECT,
    SHOPS_BUCKET,
    STREAMS,
    Consumer,
    inbox_prefix,
)

DATABASE_ROLES = ("record", "report", "account", "estate", "bi", "operator", "backfill", "labels")

# Actions as SeaweedFS names them; an S3 policy for another store says the same.
S3_ACTIONS: dict[str, tuple[str, ...]] = {
    "admin": ("Admin", "Read", "Write", "List", "Tagging"),
    "ingest": ("Write:photos",),
    "detect": ("Read:photos",),
    # Releases of models: whoever adds them can neither see a photo nor take one away.
    "models": ("Read:models", "Write:models", "List:models"),
    "classify": ("Read:models",),
    # It takes faces out of photos, and keeps data sets of them.
    "labels": ("Read:photos", "Read:datasets", "Write:datasets", "List:datasets"),
    # It looks at photos again, with whichever release.
    "backfill": ("Read:photos", "Read:models"),
    # It sees that photos are there, and none of them.
    "operator": ("List:photos",),
}


@dataclass(frozen=True, slots=True)
class NatsPermissions:
    """Subjects that a user may publish to and subscribe to. Replies come to an inbox that is the user's own."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def _work_through(consumer: Consumer) -> tuple[str, ...]:
    stream, name = consumer.stream, consumer.name
    return (
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}",
        f"$JS.ACK.{stream}.{name}.>",
        f"dead.{name}",
        # How much waits, for its metrics; no message can be read this way.
        f"$JS.API.CONSUMER.INFO.{stream}.{name}",
        f"$JS.API.STREAM.INFO.{stream}",
        f"$JS.API.STREAM.INFO.{DEAD_STREAM}",
    )


def _watch(bucket: str) -> tuple[str, ...]:
    """To read a key-value bucket, and to be told of its changes."""
    stream = f"KV_{bucket}"
    return (
        f"$JS.API.STREAM.INFO.{stream}",
        f"$JS.API.CONSUMER.*.{stream}",
        f"$JS.API.CONSUMER.*.{stream}.>",
        f"$JS.API.DIRECT.GET.{stream}.>",
        f"$JS.FC.{stream}.>",
    )


def _fill(bucket: str) -> tuple[str, ...]:
    """To write a key-value bucket, too."""
    return (f"$KV.{bucket}.>", f"$JS.API.STREAM.MSG.GET.KV_{bucket}", *_watch(bucket))


def nats_permissions() -> dict[str, NatsPermissions]:
    """Rights by user. `admin` may do everything; the others what their arrow in the flow needs."""
    inbox = {user: f"{inbox_prefix(user)}.>" for user in ("report", "faceapi")}
    writes = {
        "detect": ("faces.>", inbox["report"], inbox["faceapi"]),
        "classify": ("results.>", SHADOW_SUBJECT, inbox["faceapi"], *_watch(MODELS_BUCKET)),
        "record": (),
    }
    answers = {
        "detect": (EXAMINE_SUBJECT, LOOK_SUBJECT, "$SRV.>"),
        "classify": (ESTIMATE_SUBJECT, "$SRV.>"),
    }
    users = {"admin": NatsPermissions((">",), (">",))}
    for user, subjects in writes.items():
        reads = [right for consumer in CONSUMERS if consumer.user == user for right in _work_through(consumer)]
        users[user] = NatsPermissions(
            (*subjects, *dict.fromkeys(reads)), (f"{inbox_prefix(user)}.>", *answers.get(user, ()))
        )
    users["report"] = NatsPermissions((EXAMINE_SUBJECT,), (inbox["report"],))
    users["faceapi"] = NatsPermissions((LOOK_SUBJECT, ESTIMATE_SUBJECT, *_watch(API_KEYS_BUCKET)), (inbox["faceapi"],))
    users["models"] = NatsPermissions(_fill(MODELS_BUCKET), (f"{inbox_prefix('models')}.>",))
    users["keys"] = NatsPermissions(_fill(API_KEYS_BUCKET), (f"{inbox_prefix('keys')}.>",))
    users["ingest"] = NatsPermissions(
        (
            "photos.>",
            "held.>",
            "rejections.>",
            f"$JS.API.STREAM.MSG.GET.{HELD.name}",
            f"$JS.API.STREAM.MSG.DELETE.{HELD.name}",
            *_watch(SHOPS_BUCKET),
        ),
        (f"{inbox_prefix('ingest')}.>",),
    )
    # How much waits, and no message.
    users["backfill"] = NatsPermissions(
        tuple(f"$JS.API.CONSUMER.INFO.{consumer.stream}.{consumer.name}" for consumer in (DETECT, CLASSIFY)),
        (f"{inbox_prefix('backfill')}.>",),
    )
    users["estate"] = NatsPermissions(_fill(SHOPS_BUCKET), (f"{inbox_prefix('estate')}.>",))
    users["operator"] = NatsPermissions(
        (
            *(f"$JS.API.STREAM.INFO.{name}" for name in (*(stream.name for stream in STREAMS), f"KV_{SHOPS_BUCKET}")),
            *(f"$JS.API.CONSUMER.INFO.{consumer.stream}.{consumer.name}" for consumer in CONSUMERS),
            f"$JS.API.STREAM.MSG.GET.{DEAD_STREAM}",
            f"$JS.API.STREAM.MSG.DELETE.{DEAD_STREAM}",
            # To replay dead letters.
            "photos.>",
            "faces.>",
            "results.>",
            "rejections.>",
            SHADOW_SUBJECT,
        ),
        (f"{inbox_prefix('operator')}.>",),
    )
    return users


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the database's schema. It never changes once it has been applied."""

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the SQL, kept with the fact that it was applied."""
        return sha256(self.sql.encode()).hexdigest()


class ChangedMigrationError(Exception):
    """A migration that the database has applied reads differently now."""


def pending(migrations: list[Migration], applied: dict[str, str]) -> list[Migration]:
    """The migrations still to apply, in order of their names.

    Args:
        migrations: all that there are.
        applied: name to digest, of those that the database has.

    Raises:
        ChangedMigrationError: one was edited after it had been applied.
    """
    for migration in migrations:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise ChangedMigrationError(f"{migration.name} was changed after this database had applied it")
    return sorted((m for m in migrations if m.name not in applied), key=lambda m: m.name)
