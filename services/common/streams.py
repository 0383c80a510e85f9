"""The streams between the services, and who reads each. Data only: `services.provision` creates what is written here."""

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30

# A photo with 100 faces makes a message of 3.8 MB (one aligned face is 37 kB).
MAX_MESSAGE_BYTES = 8 * MIB
# Cameras send a photo again within seconds; consumers are idempotent whatever happens later.
DUPLICATE_WINDOW_S = 120.0
# A message that nobody has answered for this long is delivered again. Workers say in time that they are still at it.
ACK_WAIT_S = 30.0
# More deliveries than this without a verdict: the message kills its workers, and becomes a dead letter.
MAX_ATTEMPTS = 5

SHOPS_BUCKET = "SHOPS"
API_KEYS_BUCKET = "API_KEYS"
MODELS_BUCKET = "MODELS"
# Key-value buckets, and how many values of a key each keeps: who was promoted when stays to be seen.
KEY_VALUE_BUCKETS = {SHOPS_BUCKET: 1, API_KEYS_BUCKET: 1, MODELS_BUCKET: 64}
# Questions to whichever detect or classify takes them, and their answers; nothing of them is kept.
EXAMINE_SUBJECT = "examine.photo"
LOOK_SUBJECT = "look.photo"
ESTIMATE_SUBJECT = "estimate.faces"
SHADOW_SUBJECT = "shadow.faces"
DEAD_STREAM = "DEAD"


@dataclass(frozen=True, slots=True)
class Stream:
    """A JetStream stream on disk.

    Args:
        work_queue: a message leaves the stream when its one consumer has acknowledged it. Otherwise it stays for
            `max_age_s`, so that HQ can be away and catch up.
        max_bytes: when it is full, new messages are refused, and the one who publishes slows down.
    """

    name: str
    subjects: tuple[str, ...]
    work_queue: bool
    max_bytes: int
    max_age_s: float | None = None


@dataclass(frozen=True, slots=True)
class Consumer:
    """A durable pull consumer that the replicas of one service share.

    Args:
        service: whose it is; empty for the one of its name.
    """

    stream: str
    name: str
    max_unanswered: int
    service: str = ""

    @property
    def user(self) -> str:
        """Who works through its messages, as NATS knows it."""
        return self.service or self.name


PHOTOS = Stream("PHOTOS", ("photos.>",), work_queue=True, max_bytes=GIB)
# Photos that a camera has uploaded under a temporary name; ingest announces them when they are renamed, or after a minute.
HELD = Stream("HELD", ("held.>",), work_queue=False, max_bytes=GIB // 4)
FACES = Stream("FACES", ("faces.>",), work_queue=True, max_bytes=2 * GIB)
RESULTS = Stream("RESULTS", ("results.>", "rejections.>"), work_queue=False, max_bytes=40 * GIB, max_age_s=14 * 86_400)
# What a release in shadow says: when it is full, more of that is lost, and nothing else.
SHADOW = Stream("SHADOW", (SHADOW_SUBJECT,), work_queue=False, max_bytes=GIB // 4, max_age_s=3 * 86_400)
DEAD = Stream(DEAD_STREAM, ("dead.>",), work_queue=False, max_bytes=GIB)
STREAMS = (PHOTOS, HELD, FACES, RESULTS, SHADOW, DEAD)
# What headquarters sources from every cell, and what every cell mirrors of headquarters. Nothing else crosses (docs/cells.md).
SOURCED_STREAMS = (RESULTS, SHADOW)
MIRRORED_BUCKETS = (SHOPS_BUCKET, MODELS_BUCKET)

DETECT = Consumer("PHOTOS", "detect", max_unanswered=256)
CLASSIFY = Consumer("FACES", "classify", max_unanswered=1024)
RECORD = Consumer("RESULTS", "record", max_unanswered=4096)
RECORD_SHADOW = Consumer("SHADOW", "record-shadow", max_unanswered=1024, service="record")
CONSUMERS = (DETECT, CLASSIFY, RECORD, RECORD_SHADOW)
# A cell's results are recorded at headquarters.
CELL_CONSUMERS = (DETECT, CLASSIFY)


def inbox_prefix(user: str) -> str:
    """Where the replies to one user's requests arrive: a place of its own, where nobody else may listen."""
    return f"_INBOX_{user}"
