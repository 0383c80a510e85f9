"""What the log of who saw, exported and changed what is made of."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that somebody did or saw.

    Args:
        person_id: None where nobody was known.
        action: a constant in snake_case.
        subject: what it was done to: an address, an e-mail.
        address: where it was asked from; None where that is not known.
    """

    person_id: int | None
    email: str
    action: str
    subject: str = ""
    details: tuple[tuple[str, str], ...] = ()
    address: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditQuestion:
    """Which entries to show.

    Args:
        person_id, action: None: any.
        before: entries older than the one with this id; None: from the newest on.
    """

    person_id: int | None = None
    action: str | None = None
    before: int | None = None
