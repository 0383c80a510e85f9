"""The sentence that a page opens with: what a manager can repeat."""

from datetime import timedelta

from markupsafe import Markup

from services.report.domain.counts import difference
from services.report.domain.places import Level
from services.report.domain.shown import ShownPlace
from services.report.handler.explore import Exploration
from services.report.handler.overview import Overview
from services.report.pages import names, words
from services.report.pages.i18n import _, ngettext

_NOTABLE = 0.0005


def overview(o: Overview | Exploration) -> Markup:
    """How many, how much more than before, where it changed, and how they looked."""
    sentences = [_how_many(o)]
    if o.now.visitors:
        sentences += filter(None, (_where(o), _mood(o)))
    return Markup(" ").join(sentences)


def notice(o: Overview | Exploration) -> Markup | None:
    """What is missing; None where hardly anything is."""
    missing, covered = o.hours.missing_hours, o.hours.coverage
    if not missing or covered is None or covered >= 0.995 or is_blind(o):
        return None
    text = words.rich(
        ngettext("<b>%(hours)s camera hour is missing</b>", "<b>%(hours)s camera hours are missing</b>", missing),
        hours=words.count(missing),
    )
    share = words.share(1 - covered)
    worst = min(o.inside, key=_coverage, default=None)
    if worst and o.setting.place.level is not Level.SHOP and _coverage(worst) < covered - 0.01:
        rest = words.rich(
            _("%(share)s of all, most of them in %(place)s (%(part)s)."),
            share=share,
            place=names.place(worst.site.place),
            part=words.share(1 - _coverage(worst)),
        )
    else:
        rest = words.rich(_("%(share)s of all."), share=share)
    return Markup(", ").join((text, rest)) + " " + _("Missing hours are left out, not counted as zero.")


def is_blind(o: Overview | Exploration) -> bool:
    """Whether nothing at all is known of the period: shops were open, and no camera sent a photo."""
    return o.hours.is_gap


def fresh(o: Overview) -> str:
    """Up to when there are numbers of whole days; nothing where the period has no such day."""
    if o.latest is None:
        return ""
    last = min(o.period.last, o.latest.date(), o.setting.today - timedelta(days=1))
    return _("Complete to %(day)s") % {"day": words.weekday_day(last)} if last >= o.period.first else ""


def _how_many(o: Overview | Exploration) -> Markup:
    number, when = o.now.visitors, words.how_long(o.period)
    if is_blind(o):
        return words.rich(_("<b>No photos</b> came in %(when)s, so nobody knows."), when=when)
    if number is None:
        return words.rich(
            _("<b>Fewer than %(threshold)s visitors</b> %(when)s: too few to say more."),
            threshold=o.min_cell,
            when=when,
        )
    if not number:
        return words.rich(_("<b>No visitors</b> were counted %(when)s."), when=when)
    counted = " ".join(filter(None, words.compact(number)))
    visitors = words.rich(
        ngettext("<b>%(count)s visitor</b> %(when)s", "<b>%(count)s visitors</b> %(when)s", number),
        count=counted,
        when=when,
    )
    if o.setting.shops > 1:
        visitors = words.rich(
            _("%(visitors)s in %(shops)s shops"), visitors=visitors, shops=words.count(o.setting.shops)
        )
    if o.other is None or o.change is None:
        return visitors + "."
    than = words.than(o.period, o.asked.comparison)
    amount = words.share(abs(o.change))
    if abs(o.change) < _NOTABLE:
        return words.rich(_("%(visitors)s, <b>as many as before</b>."), visitors=visitors)
    message = (
        _("%(visitors)s, <b>%(amount)s more</b> %(than)s.")
        if o.change > 0
        else _("%(visitors)s, <b>%(amount)s fewer</b> %(than)s.")
    )
    return words.rich(message, visitors=visitors, amount=amount, than=than)


def _where(o: Overview | Exploration) -> Markup | None:
    """Which place inside grew most, and which fell most."""
    moved = [place for place in o.inside if place.change is not None]
    if o.setting.place.level is Level.SHOP or len(moved) < 2:
        return None
    best = max(moved, key=lambda place: place.change or 0)
    worst = min(moved, key=lambda place: place.change or 0)
    if (best.change or 0) < _NOTABLE:
        return words.rich(
            _("<b>%(place)s fell most</b> (%(change)s)."), place=_name(worst), change=words.change(worst.change)
        )
    if (worst.change or 0) > -_NOTABLE:
        return words.rich(
            _("<b>%(place)s grew most</b> (%(change)s)."), place=_name(best), change=words.change(best.change)
        )
    return words.rich(
        _("<b>%(place)s grew most</b> (%(change)s); %(other)s fell by %(amount)s."),
        place=_name(best),
        change=words.change(best.change),
        other=_name(worst),
        amount=words.share(abs(worst.change or 0)),
    )


def _mood(o: Overview | Exploration) -> Markup | None:
    if o.now.mood_index is None:
        return None
    now = round(o.now.mood_index)
    change = difference(now, None if o.before is None or o.before.mood_index is None else round(o.before.mood_index))
    if not change:
        return words.rich(_("The mood index is %(index)s."), index=words.signed(now))
    amount = words.count(abs(change))
    message = (
        ngettext("<b>Mood rose by %(amount)s point</b> to %(index)s.", "<b>Mood rose by %(amount)s points</b> to %(index)s.", abs(change))
        if change > 0
        else ngettext("<b>Mood fell by %(amount)s point</b> to %(index)s.", "<b>Mood fell by %(amount)s points</b> to %(index)s.", abs(change))
    )  # fmt: skip
    return words.rich(message, amount=amount, index=words.signed(now))


def _name(place: ShownPlace) -> str:
    return names.place(place.site.place)


def _coverage(place: ShownPlace) -> float:
    return 1.0 if place.coverage is None else place.coverage
