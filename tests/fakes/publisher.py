"""A publisher that remembers."""

from dataclasses import dataclass, field

from google.protobuf.message import Message

from services.common.errors import TransientError


@dataclass
class FakePublisher:
    """Keeps what was published, once per id; refuses the next `failures` messages."""

    failures: int = 0
    published: dict[str, tuple[str, Message]] = field(default_factory=dict)

    async def publish(self, subject: str, message: Message, message_id: str) -> None:
        """As MessageBus.publish."""
        if self.failures:
            self.failures -= 1
            raise TransientError("NATS is away")
        self.published.setdefault(message_id, (subject, message))

    @property
    def subjects(self) -> list[str]:
        """Subjects in order."""
        return [subject for subject, _ in self.published.values()]
