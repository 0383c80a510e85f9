"""Scheduled reports: who has which, and how those that are due are sent."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from prometheus_client import Counter

from services.common.errors import PermanentError, TransientError
from services.common.logging import get_logger
from services.report.domain.audit import AuditEntry
from services.report.domain.schedules import (
    LEASE,
    MOST_SCHEDULES,
    Draft,
    Failure,
    Mail,
    Run,
    Schedule,
    ScheduleError,
    ScheduleProblem,
    next_due,
    pause_after,
)

_log = get_logger(__name__)
_EVERY_S: Final = 20.0
_LONGEST_ERROR: Final = 300

SENT = Counter("facetally_report_schedule_runs_total", "Attempts to send a scheduled report, by outcome", ["outcome"])


class UnknownScheduleError(Exception):
    """There is no such schedule, or it is somebody else's: nobody is told which."""


class ReportFailedError(Exception):
    """A report cannot be made.

    Args:
        failure: why.
        detail: in the words of whatever failed.
    """

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(detail or failure.value)
        self.failure = failure
        self.detail = detail


class ScheduleStore(Protocol):
    """Where schedules are kept. Everything raises TransientError when it is away."""

    async def of(self, owner_id: int) -> Sequence[Schedule]:
        """Somebody's schedules, by name."""
        ...

    async def add(self, owner_id: int, draft: Draft, next_at: datetime) -> int:
        """Keep a new one; its id."""
        ...

    async def change(self, owner_id: int, schedule_id: int, draft: Draft, next_at: datetime) -> bool:
        """Change one; False where they have none such."""
        ...

    async def pause(self, owner_id: int, schedule_id: int, next_at: datetime | None) -> bool:
        """Pause one, or go on with it at a time; False where they have none such."""
        ...

    async def delete(self, owner_id: int, schedule_id: int) -> bool:
        """Delete one; False where they have none such."""
        ...

    async def send_now(self, owner_id: int, schedule_id: int, now: datetime) -> bool:
        """Have one sent besides its times; False where they have none such."""
        ...

    async def note_due(self, now: datetime, following: Callable[[Draft], datetime]) -> int:
        """Make a run of every schedule that is due, and set when it is due next; how many there were.

        Only of those that are active, and of people who are not disabled. What was missed is sent once.
        """
        ...

    async def claim(self, now: datetime, until: datetime) -> Run | None:
        """A run that is to be tried now, for this caller alone until then; None where there is none."""
        ...

    async def sent(self, run: Run, now: datetime) -> None:
        """Note that a run was sent."""
        ...

    async def failed(self, run: Run, error: str, again_at: datetime | None) -> None:
        """Note that a run was not sent; None: it is not tried again."""
        ...


class Compose(Protocol):
    """Makes the mail of a run."""

    async def __call__(self, run: Run) -> Mail:
        """The mail, as its owner sees the numbers.

        Raises:
            ReportFailedError: there is nothing to send.
            TransientError: the numbers are away.
        """
        ...


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, mail: Mail) -> None:
        """Hand a mail over.

        Raises:
            TransientError: the mail server is away, or wants it later.
            PermanentError: it refuses the mail.
        """
        ...


class Schedules:
    """What people do with their schedules.

    Args:
        store: where they are kept.
        clock: what time it is, in UTC.
    """

    def __init__(self, store: ScheduleStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def of(self, owner_id: int) -> Sequence[Schedule]:
        """Somebody's schedules, by name."""
        return await self._store.of(owner_id)

    async def one(self, owner_id: int, schedule_id: int) -> Schedule:
        """One of them.

        Raises:
            UnknownScheduleError: they have none such.
        """
        for schedule in await self._store.of(owner_id):
            if schedule.schedule_id == schedule_id:
                return schedule
        raise UnknownScheduleError(schedule_id)

    async def add(self, owner_id: int, draft: Draft) -> int:
        """Keep a new one; its id.

        Raises:
            ScheduleError: they have too many.
        """
        if len(await self._store.of(owner_id)) >= MOST_SCHEDULES:
            raise ScheduleError(ScheduleProblem.TOO_MANY)
        return await self._store.add(owner_id, draft, next_due(draft.timing, self._clock()))

    async def change(self, owner_id: int, schedule_id: int, draft: Draft) -> None:
        """Change one.

        Raises:
            UnknownScheduleError: they have none such.
        """
        _known(
            schedule_id,
            is_known=await self._store.change(owner_id, schedule_id, draft, next_due(draft.timing, self._clock())),
        )

    async def pause(self, owner_id: int, schedule_id: int) -> None:
        """Send no more of it, for now.

        Raises:
            UnknownScheduleError: they have none such.
        """
        _known(schedule_id, is_known=await self._store.pause(owner_id, schedule_id, None))

    async def go_on(self, owner_id: int, schedule_id: int) -> None:
        """Send it again, from the next time on.

        Raises:
            UnknownScheduleError: they have none such.
        """
        schedule = await self.one(owner_id, schedule_id)
        following = next_due(schedule.draft.timing, self._clock())
        _known(schedule_id, is_known=await self._store.pause(owner_id, schedule_id, following))

    async def delete(self, owner_id: int, schedule_id: int) -> None:
        """Delete one.

        Raises:
            UnknownScheduleError: they have none such.
        """
        _known(schedule_id, is_known=await self._store.delete(owner_id, schedule_id))

    async def send_now(self, owner_id: int, schedule_id: int) -> None:
        """Send it soon, besides its times.

        Raises:
            UnknownScheduleError: they have none such.
        """
        _known(schedule_id, is_known=await self._store.send_now(owner_id, schedule_id, self._clock()))


def _known(schedule_id: int, *, is_known: bool) -> None:
    if not is_known:
        raise UnknownScheduleError(schedule_id)


class SendReports:
    """Sends what is due. Several may do so at once: each run is one's alone.

    A run is noted as sent after the mail server has taken it. Whoever dies in between leaves it to be sent again, under
    the same message id.

    Args:
        store: where schedules are kept.
        compose: makes mails.
        mailer: sends them.
        note: writes into the audit log what has left the house, and to whom.
        clock: what time it is, in UTC.
    """

    def __init__(
        self,
        store: ScheduleStore,
        compose: Compose,
        mailer: Mailer,
        note: Callable[[AuditEntry], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._note = note
        self._store = store
        self._compose = compose
        self._mailer = mailer
        self._clock = clock

    async def run(self) -> None:
        """Send what is due, until cancelled."""
        while True:
            try:
                await self.send_due()
            except TransientError as error:
                _log.warning("schedules_away", error=str(error))
            await asyncio.sleep(_EVERY_S)

    async def send_due(self) -> int:
        """Send everything that is due now; how many were sent.

        Raises:
            TransientError: the database is away.
        """
        now, sent = self._clock(), 0
        await self._store.note_due(now, lambda draft: next_due(draft.timing, now))
        while run := await self._store.claim(self._clock(), self._clock() + LEASE):
            sent += await self._send(run)
        return sent

    async def _send(self, run: Run) -> bool:
        try:
            await self._mailer.send(await self._compose(run))
        except ReportFailedError as error:
            await self._note_failure(run, error.failure, error.detail)
        except TransientError as error:
            await self._note_failure(run, Failure.MAIL_AWAY, str(error))
        except PermanentError as error:
            await self._note_failure(run, Failure.REFUSED, str(error))
        except Exception as error:  # noqa: BLE001  # a bug in one report must not stop those of others
            _log.exception("schedule_broken", schedule_id=run.schedule_id)
            await self._note_failure(run, Failure.BROKEN, type(error).__name__)
        else:
            await self._store.sent(run, self._clock())
            self._note(_entry(run))
            SENT.labels("sent").inc()
            _log.info("schedule_sent", schedule_id=run.schedule_id, attempt=run.attempt)
            return True
        return False

    async def _note_failure(self, run: Run, failure: Failure, detail: str) -> None:
        pause = None if failure.is_lasting else pause_after(run.attempt)
        error = f"{failure.value}: {detail}" if detail else failure.value
        SENT.labels("failed" if pause is None else "put_off").inc()
        _log.warning("schedule_failed", schedule_id=run.schedule_id, failure=failure.value, attempt=run.attempt)
        await self._store.failed(run, error[:_LONGEST_ERROR], None if pause is None else self._clock() + pause)


def _entry(run: Run) -> AuditEntry:
    draft, owner = run.draft, run.owner
    place = f"{draft.level}:{draft.slug}" if draft.slug else str(draft.level)
    details = (("place", place), ("query", draft.query), ("recipients", ", ".join(draft.recipients)))
    return AuditEntry(owner.person_id, owner.email, "report_sent", draft.name, details)
