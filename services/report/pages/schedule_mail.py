"""What a scheduled report says: a mail with the numbers, and the report as PDF and XLSX."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup

from services.common.errors import TransientError
from services.common.vocabulary import AgeBand, Gender, Mood
from services.report.domain.people import Viewer
from services.report.domain.periods import Comparison, PeriodError, Preset, Step
from services.report.domain.schedules import Attachment, Failure, Mail, Run
from services.report.handler.overview import Overview, ReadOverview
from services.report.handler.schedules import ReportFailedError
from services.report.handler.tallies import UnknownPlaceError
from services.report.pages import digests, i18n, names, templating, words
from services.report.pages.exports import views
from services.report.pages.exports.making import Format, Maker
from services.report.pages.exports.pdf import PrinterMissingError
from services.report.pages.i18n import _
from services.report.pages.questions import When

T = TypeVar("T")


class ComposeReport:
    """Makes mails, as the owner of a schedule sees the numbers and in their language.

    Args:
        read: the numbers.
        maker: the files.
        public_url: where people reach the pages; None: the mail has no link.
        clock: what time it is, in UTC.
    """

    def __init__(self, read: ReadOverview, maker: Maker, public_url: str | None, clock: Callable[[], datetime]) -> None:
        self._read = read
        self._maker = maker
        self._public_url = public_url
        self._clock = clock

    async def __call__(self, run: Run) -> Mail:
        """The mail of a run.

        Raises:
            ReportFailedError: the place is not there for its owner, the numbers are away, PDFs cannot be made.
        """
        owner, draft = run.owner, run.draft
        i18n.speak(owner.language)
        when = when_of(draft.query)
        try:
            seen = await self._read(owner.person_id, when.of(draft.level, draft.slug))
            viewer = Viewer(owner.person_id, owner.email, owner.name, owner.role, owner.language, "")
            export = views.overview(seen, viewer, self._clock())
            files = [await self._maker(export, form) for form in (Format.PDF, Format.XLSX)]
        except UnknownPlaceError as error:
            raise ReportFailedError(Failure.PLACE_GONE, draft.slug) from error
        except PeriodError as error:
            raise ReportFailedError(Failure.BROKEN, str(error)) from error
        except TransientError as error:
            raise ReportFailedError(Failure.NUMBERS_AWAY, str(error)) from error
        except PrinterMissingError as error:
            raise ReportFailedError(Failure.NO_PRINTER, str(error)) from error
        notice = digests.notice(seen)
        said: dict[str, object] = {
            "name": draft.name,
            "place": export.place,
            "when": export.when,
            "figures": _figures(seen),
            "link": self._link(seen, draft.query),
            "owner": owner.name,
            "language": owner.language,
        }
        text = {**said, "digest": _plain(export.digest), "notice": _plain(notice)}
        return Mail(
            run.message_name,
            draft.recipients,
            f"{draft.name}: {export.place}, {export.when}",
            templating.written("mail/report.txt", **text),
            templating.written("mail/report.html", **said, digest=export.digest, notice=notice),
            tuple(Attachment(file.name, file.media_type, file.content) for file in files),
        )

    def _link(self, seen: Overview, query: str) -> str:
        if self._public_url is None:
            return ""
        return f"{self._public_url}{names.path(seen.setting.place)}" + (f"?{query}" if query else "")


def _plain(text: Markup | None) -> str:
    return "" if text is None else text.striptags()


def _figures(seen: Overview) -> list[tuple[str, str, str]]:
    """Label, number, and what it was or how it changed."""
    now, before = seen.now, seen.before
    visitors = words.hidden(seen.min_cell) if now.visitors is None else words.count(now.visitors)
    change = (
        "" if seen.change is None else f"{words.change(seen.change)} {words.than(seen.period, seen.asked.comparison)}"
    )
    was = _("was %(number)s")
    return [
        (_("Visitors"), visitors, change),
        (_("Median age"), words.count(now.median_age_years), was % {"number": words.count(before.median_age_years)} if before else ""),
        (_("Women, share of known"), words.share(now.women_share), was % {"number": words.share(before.women_share)} if before else ""),
        (_("Mood index"), words.signed(now.mood_index), was % {"number": words.signed(before.mood_index)} if before else ""),
        (_("Coverage"), words.share(seen.hours.coverage), ""),
    ]  # fmt: skip


def when_of(query: str) -> When:
    """What a schedule's query asks for; whatever is not understood is left out."""
    asked = dict(parse_qsl(query))

    def one(kind: Callable[[str], T], key: str) -> T | None:
        try:
            return kind(asked[key])
        except (KeyError, ValueError):
            return None

    return When(
        period=one(Preset, "period") or Preset.WEEK,
        step=one(Step, "step"),
        gender=one(Gender, "gender"),
        band=one(AgeBand, "band"),
        mood=one(Mood, "mood"),
        compare=one(Comparison, "compare") or Comparison.PREVIOUS,
    )


def query_of(when: When) -> str:
    """The query that asks for it. Only periods that move with the days: a report about one day for ever says nothing new."""
    said = {
        "period": when.period.value,
        "gender": when.gender and when.gender.value,
        "band": when.band and when.band.value,
        "mood": when.mood and when.mood.value,
        "compare": when.compare.value,
    }
    return urlencode({key: value for key, value in said.items() if value})
