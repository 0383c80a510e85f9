"""Words for what is around the streams: Postgres, services, disk, certificate, weights."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from services.operate.domain.findings import Finding, State, duration, size

_CLOCK_WARNING_S, _CLOCK_BROKEN_S = 2.0, 30.0
_CERTIFICATE_WARNING_DAYS = 30
_LITTLE_DISK, _NO_DISK = 0.10, 0.03
_PROVISION = "Run `python -m services.provision`; on one machine, stop and start `make up`."


def schema_finding(migrations: Mapping[str, str], applied: Mapping[str, str]) -> Finding:
    """Whether the database has all migrations, unchanged.

    Args:
        migrations: digest by name, of those that this program knows.
        applied: digest by name, of those that the database has.
    """
    if not applied:
        return Finding("schema", State.BROKEN, "The database has no schema.", _PROVISION)
    missing = sorted(migrations.keys() - applied.keys())
    changed = sorted(name for name in migrations.keys() & applied.keys() if migrations[name] != applied[name])
    newer = sorted(applied.keys() - migrations.keys())
    if changed:
        return Finding(
            "schema",
            State.BROKEN,
            f"{', '.join(changed)} reads differently here than when the database applied it.",
            "Install the release that this database belongs to.",
        )
    if missing:
        return Finding("schema", State.BROKEN, f"The database lacks {', '.join(missing)}.", _PROVISION)
    if newer:
        return Finding(
            "schema",
            State.WARNING,
            f"The database is newer than this program: it has {', '.join(newer)}.",
            "Use the command of the release that is running.",
        )
    return Finding("schema", State.OK, f"It is at {max(applied)}, the newest.")


def clock_finding(ahead_s: float, round_trip_s: float) -> Finding:
    """Whether Postgres's clock goes like ours.

    Args:
        ahead_s: how far Postgres's clock is ahead of ours; negative where it is behind.
        round_trip_s: of the question; the difference is known no better than to half of it.
    """
    apart_s = max(abs(ahead_s) - round_trip_s / 2, 0.0)
    if apart_s < _CLOCK_WARNING_S:
        return Finding("clocks", State.OK, f"Postgres's clock and this machine's are within {apart_s:.1f} s.")
    side = "ahead of" if ahead_s > 0 else "behind"
    return Finding(
        "clocks",
        State.BROKEN if apart_s >= _CLOCK_BROKEN_S else State.WARNING,
        f"Postgres's clock is {duration(apart_s)} {side} this machine's: photos may be counted in the wrong hour.",
        "Let both machines take their time from NTP: `timedatectl` says whether they do.",
    )


def service_finding(name: str, status: int, missing: Sequence[str]) -> Finding:
    """What a service's /readyz says.

    Args:
        status: of HTTP.
        missing: names of what the service waits for.
    """
    subject = f"service {name}"
    if status == 200:
        return Finding(subject, State.OK, "It is ready.")
    if missing == ["start-up"]:
        return Finding(
            subject, State.WARNING, "It is still starting.", "Wait a minute; if it does not get ready, read its log."
        )
    if missing:
        return Finding(
            subject,
            State.BROKEN,
            f"It is not ready: it waits for {', '.join(missing)}.",
            "Mend what it waits for; it goes on by itself then.",
        )
    return Finding(
        subject,
        State.BROKEN,
        f"It answered {status} to /readyz.",
        "Read its log, and see that the address is that of its health port.",
    )


def disk_finding(folder: str, free: int, total: int) -> Finding:
    """Whether a disk has room. Bytes."""
    share = free / total
    says = f"{size(free)} of {size(total)} are free where {folder} is ({share:.0%})"
    if share >= _LITTLE_DISK:
        return Finding("disk", State.OK, f"{says}.")
    return Finding(
        "disk",
        State.BROKEN if share < _NO_DISK else State.WARNING,
        f"{says}; once it is full, cameras are told to send again.",
        "Make room, move the folder to a larger disk, or keep photos for fewer days.",
    )


def certificate_finding(not_before: datetime, not_after: datetime, now: datetime) -> Finding:
    """Whether the certificate that cameras are shown is valid, and for how long."""
    subject = "FTPS certificate"
    renew = "Put a new one into the file that FACETALLY_INGEST_TLS_CERTIFICATE names: it is read when it changes."
    if now < not_before:
        return Finding(subject, State.BROKEN, f"It is valid only from {not_before:%Y-%m-%d} on.", renew)
    if now >= not_after:
        return Finding(
            subject,
            State.BROKEN,
            f"It ran out on {not_after:%Y-%m-%d}: cameras that check it cannot upload.",
            renew,
        )
    days = (not_after - now).days
    says = f"It is valid until {not_after.astimezone(UTC):%Y-%m-%d}, {days:,} days from now."
    if days < _CERTIFICATE_WARNING_DAYS:
        return Finding(subject, State.WARNING, says, renew)
    return Finding(subject, State.OK, says)


def weights_finding(faults: Sequence[str], nets: int) -> Finding:
    """Whether the weights are there, and those of their cards."""
    if not faults:
        return Finding("weights", State.OK, f"{nets} nets have the weights of their cards.")
    return Finding(
        "weights",
        State.BROKEN,
        f"{'; '.join(faults)}.",
        "Run `make setup`, or set FACETALLY_OPERATE_WEIGHTS_DIR to the folder that the services read.",
    )
