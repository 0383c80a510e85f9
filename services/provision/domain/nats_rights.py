"""Who may publish and hear what in NATS, and what crosses from one to another. Data only."""

from dataclasses import dataclass

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
    MIRRORED_BUCKETS,
    MODELS_BUCKET,
    SHADOW_SUBJECT,
    SHOPS_BUCKET,
    SOURCED_STREAMS,
    STREAMS,
    Consumer,
    inbox_prefix,
)
from services.provision.domain.site import ALONE, Site

# Where a server that has asked another for a consumer is answered.
_CREATED = "$JSC.R.>"
# What JetStream can be asked about consumers, but to make one.
_CONSUMER_QUESTIONS = (
    "DELETE",
    "DURABLE",
    "INFO",
    "LEADER",
    "LIST",
    "MSG",
    "NAMES",
    "PAUSE",
    "RESET",
    "UNPIN",
)
# Who there is in a cell. Registry, models, keys, results and pages are headquarters'.
_CELL_USERS = ("admin", "ingest", "detect", "classify", "backfill", "operator")


@dataclass(frozen=True, slots=True)
class NatsPermissions:
    """Subjects that a user may publish to and subscribe to. Replies come to an inbox that is the user's own.

    Args:
        is_link: whether the user is another NATS server, over a leaf node, and not a client.
    """

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    is_link: bool = False


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


def api_prefix(domain: str) -> str:
    """Where another domain's JetStream is asked."""
    return f"$JS.{domain}.API"


def subjects_from(cell: str) -> str:
    """Under this, what headquarters sources of a cell comes over the link: every cell has its own."""
    return f"from.{cell}"


def subjects_to(cell: str) -> str:
    """Under this, what a cell mirrors of headquarters, and headquarters' answers, go over the link."""
    return f"to.{cell}"


def _link(cell: str, headquarters: str) -> NatsPermissions:
    """What a cell's server may send to headquarters and hear of it: nothing passes because somebody here happens to listen."""
    mirrors = [f"KV_{bucket}" for bucket in MIRRORED_BUCKETS]
    asked, answering = api_prefix(headquarters), api_prefix(cell)
    sources = [stream.name for stream in SOURCED_STREAMS]
    return NatsPermissions(
        (
            f"{subjects_from(cell)}.>",
            *(f"{asked}.CONSUMER.CREATE.{mirror}" for mirror in mirrors),
            *(f"{asked}.STREAM.INFO.{mirror}" for mirror in mirrors),
            *(f"$JS.FC.{mirror}.>" for mirror in mirrors),
            _CREATED,
        ),
        (
            f"{subjects_to(cell)}.>",
            *(f"{answering}.CONSUMER.CREATE.{source}" for source in sources),
            *(f"$JS.FC.{source}.>" for source in sources),
            _CREATED,
        ),
        is_link=True,
    )


def nats_permissions(site: Site = ALONE) -> dict[str, NatsPermissions]:
    """Rights by user. `admin` may do everything; the others what their arrow in the flow needs."""
    users = _service_permissions()
    if site.headquarters:
        return {user: users[user] for user in _CELL_USERS}
    return users | {f"cell-{cell}": _link(cell, site.domain) for cell in site.cells}


def kept_in_cell(cell: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a cell's own server never lets over the link, whatever headquarters' rights say: photos, faces, and who asks for them.

    Returns:
        Subjects that nothing from headquarters may come in on, and those that nothing may go out on.
    """
    private = [stream for stream in STREAMS if stream not in SOURCED_STREAMS]
    api = api_prefix(cell)
    local = (
        *(subject for stream in STREAMS for subject in stream.subjects),
        *(EXAMINE_SUBJECT, LOOK_SUBJECT, ESTIMATE_SUBJECT, "$SRV.>", "$JS.ACK.>"),
        *(f"{inbox_prefix(user)}.>" for user in _CELL_USERS),
    )
    questions = (
        *(f"{api}.{what}.>" for what in ("ACCOUNT", "DIRECT", "META", "SERVER", "STREAM")),
        *(f"{api}.CONSUMER.{what}.>" for what in _CONSUMER_QUESTIONS),
        *(f"{api}.CONSUMER.CREATE.{stream.name}{rest}" for stream in private for rest in ("", ".>")),
    )
    return (*local, *questions), local


def _service_permissions() -> dict[str, NatsPermissions]:
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
