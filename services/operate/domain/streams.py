"""Streams and consumers as they are, beside what `services.common.streams` says that they should be."""

from dataclasses import dataclass
from datetime import datetime

from services.common.streams import ACK_WAIT_S, DEAD_STREAM, DUPLICATE_WINDOW_S, SHOPS_BUCKET, Consumer, Stream
from services.operate.domain.findings import Finding, State, duration, size

_NEARLY_FULL, _FULL = 0.7, 0.95
# It is heard every second; after a cut, nats-server finds its way back within half a minute.
_SILENT_S = 60.0
_PROVISION = "Run `python -m services.provision`; on one machine, stop and start `make up`."


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """Another domain's stream that a stream takes in, as the server describes it.

    Args:
        domain: of a cell, or in a cell of headquarters.
        behind: messages that are known to wait there.
        heard_s: how long ago something was heard of it; None: not since this server began.
    """

    domain: str
    behind: int
    heard_s: float | None


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """A stream as the server describes it.

    Args:
        max_bytes: -1 for no limit.
        max_age_s: None for no limit.
        first_at: when its oldest message was published, UTC; None where it is empty.
        links: other domains whose streams it takes in.
    """

    name: str
    subjects: tuple[str, ...]
    work_queue: bool
    discards_new: bool
    on_disk: bool
    max_bytes: int
    max_age_s: float | None
    duplicate_window_s: float
    messages: int
    bytes: int
    first_number: int
    last_number: int
    first_at: datetime | None
    links: tuple[LinkFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsumerFacts:
    """A durable consumer as the server describes it.

    Args:
        waiting: messages that it was not given yet.
        unanswered: messages that it was given, without an answer so far.
        redelivered: of these, the ones that were given more than once.
        max_deliver: -1 for any number of times.
        answered_to: everything up to this number of the stream is answered.
        answered_at: when that number last grew, UTC.
    """

    stream: str
    name: str
    waiting: int
    unanswered: int
    redelivered: int
    ack_wait_s: float
    max_unanswered: int
    max_deliver: int
    explicit: bool
    paused: bool
    answered_to: int
    answered_at: datetime | None


def stream_finding(stream: Stream, facts: StreamFacts | None) -> Finding:
    """Whether a stream is there, as it should be, and has room."""
    subject = f"stream {stream.name}"
    if facts is None:
        return Finding(subject, State.BROKEN, "It is not there: nothing can be published on it.", _PROVISION)
    if differences := _stream_differences(stream, facts):
        return Finding(subject, State.BROKEN, f"It is not configured as it should be: {differences}.", _PROVISION)
    filled = facts.bytes / stream.max_bytes
    holds = f"It holds {facts.messages:,} messages, {size(facts.bytes)} of {size(stream.max_bytes)} ({filled:.0%})"
    if filled < _NEARLY_FULL:
        return Finding(subject, State.OK, f"{holds}.")
    if stream.name == DEAD_STREAM:
        return Finding(
            subject,
            State.BROKEN if filled >= _FULL else State.WARNING,
            f"{holds}; once it is full, messages that cannot succeed are held instead, and stop the others.",
            "Replay or drop dead letters: `facetally dead list`.",
        )
    return Finding(
        subject,
        State.BROKEN if filled >= _FULL else State.WARNING,
        f"{holds}; once it is full, whoever publishes must wait, and cameras are told to send again.",
        "See with `facetally backlog` who does not keep up, and start more of that service.",
    )


def consumer_finding(consumer: Consumer, facts: ConsumerFacts | None) -> Finding:
    """Whether a consumer is there and as it should be."""
    subject = f"consumer {consumer.name}"
    if facts is None:
        return Finding(
            subject, State.BROKEN, f"It is not there: nobody is given what is in {consumer.stream}.", _PROVISION
        )
    wanted = {
        "ack_wait": (f"{facts.ack_wait_s:g} s", f"{ACK_WAIT_S:g} s"),
        "max_ack_pending": (str(facts.max_unanswered), str(consumer.max_unanswered)),
        "max_deliver": (str(facts.max_deliver), "-1"),
        "ack_policy": ("explicit" if facts.explicit else "another", "explicit"),
    }
    if differences := _differences(wanted):
        return Finding(subject, State.BROKEN, f"It is not configured as it should be: {differences}.", _PROVISION)
    if facts.paused:
        return Finding(
            subject, State.BROKEN, "It is paused: it is given nothing.", "Resume it with `nats consumer resume`."
        )
    says = f"{facts.waiting:,} messages wait for it, {facts.unanswered:,} are in work."
    if facts.redelivered:
        again = f"{says} {facts.redelivered:,} of these were given to it more than once."
        return Finding(
            subject,
            State.WARNING,
            again,
            f"A worker of {consumer.name} died, or cannot answer: read its log. After five times they are dead letters.",
        )
    return Finding(subject, State.OK, says)


def shops_finding(facts: StreamFacts | None) -> Finding:
    """Whether the key-value bucket of shops is there, and says something."""
    subject = f"bucket {SHOPS_BUCKET}"
    if facts is None:
        return Finding(subject, State.BROKEN, "It is not there: no camera can log in.", _PROVISION)
    if not facts.messages:
        return Finding(
            subject,
            State.WARNING,
            "It is empty: no camera can log in.",
            "Register cameras with `facetally estate import`; if there are some, `facetally estate publish`.",
        )
    return Finding(subject, State.OK, f"It knows {facts.messages:,} shops.")


def link_finding(link: LinkFacts) -> Finding:
    """Whether another domain is heard of."""
    subject = f"link to {link.domain}"
    if link.heard_s is not None and link.heard_s < _SILENT_S:
        return Finding(subject, State.OK, f"It is heard; {link.behind:,} messages wait there.")
    since = "since this NATS began" if link.heard_s is None else f"for {duration(link.heard_s)}"
    return Finding(
        subject,
        State.WARNING,
        f"Nothing is heard of it {since}: what it has for us waits there.",
        "See that its NATS runs, that it reaches headquarters' port for cells, and its log (docs/cells.md).",
    )


def dead_letters_finding(facts: StreamFacts, now: datetime) -> Finding:
    """Whether dead letters wait for somebody."""
    subject = "dead letters"
    if not facts.messages:
        return Finding(subject, State.OK, "There are none.")
    oldest = f", the oldest for {duration((now - facts.first_at).total_seconds())}" if facts.first_at else ""
    letters = "1 waits" if facts.messages == 1 else f"{facts.messages:,} wait"
    return Finding(
        subject,
        State.WARNING,
        f"{letters}{oldest}: their photos are not counted.",
        "See why with `facetally dead list`; once that is mended, `facetally dead replay --all`.",
    )


def _stream_differences(stream: Stream, facts: StreamFacts) -> str:
    return _differences(
        {
            "subjects": (", ".join(facts.subjects), ", ".join(stream.subjects)),
            "retention": (_retention(facts.work_queue), _retention(stream.work_queue)),
            "discard": ("new" if facts.discards_new else "old", "new"),
            "storage": ("file" if facts.on_disk else "memory", "file"),
            "max_bytes": (_limit(facts.max_bytes), _limit(stream.max_bytes)),
            "max_age": (_age(facts.max_age_s), _age(stream.max_age_s)),
            "duplicate_window": (duration(facts.duplicate_window_s), duration(DUPLICATE_WINDOW_S)),
        }
    )


def _differences(values: dict[str, tuple[str, str]]) -> str:
    """Settings that are not as they should be, in words: found and wanted, by name."""
    return "; ".join(
        f"{name} is {found}, and should be {wanted}" for name, (found, wanted) in values.items() if found != wanted
    )


def _retention(work_queue: bool) -> str:
    return "workqueue" if work_queue else "limits"


def _limit(max_bytes: int) -> str:
    return "without limit" if max_bytes < 0 else size(max_bytes)


def _age(max_age_s: float | None) -> str:
    return "without limit" if max_age_s is None else duration(max_age_s)
