"""Remove what has ended or is older than it is kept, now and then."""

import asyncio
from datetime import timedelta
from typing import Protocol

from services.common.errors import TransientError
from services.common.logging import get_logger
from services.report.domain.signing_in import ATTEMPTS_WITHIN
from services.report.handler.audit import AuditStore

_log = get_logger(__name__)
_EVERY_S = 3600.0


class Sessions(Protocol):
    """Where sessions are kept."""

    async def sweep(self, attempts_within: timedelta) -> None:
        """Remove what has ended."""
        ...


async def tidy(sessions: Sessions, audit: AuditStore, audit_kept: timedelta) -> None:
    """Tidy up every hour, until cancelled. Replicas may do so at once."""
    while True:
        try:
            await sessions.sweep(ATTEMPTS_WITHIN)
            if gone := await audit.forget(audit_kept):
                _log.info("audit_forgotten", entries=gone)
        except TransientError as error:
            _log.warning("tidying_failed", error=str(error))
        await asyncio.sleep(_EVERY_S)
