"""Whoever asks a view several questions learns no small count from their answers together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.report.domain.counts import BANDS, CUBE_SHAPE, GENDERS, MOODS, Counts, Cube, total
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.periods import Period, Step
from services.report.domain.series import HeatCell, Point
from services.report.domain.shown import ShownCounts, shown_cube, shown_heat, shown_series

THRESHOLD = 10
DAYS, HOURS = 3, 3
TIMES = DAYS * HOURS
MONDAY = datetime(2026, 11, 2, 12)
PERIOD = Period(MONDAY.date(), MONDAY.date() + timedelta(days=DAYS - 1))
ALL_FILTERS = [Filters(*chosen) for chosen in product((None, *GENDERS), (None, *BANDS), (None, *MOODS))]
OF_ONE_AXIS = [filters for filters in ALL_FILTERS if filters.axes <= 1]
Form = np.ndarray[tuple[int], np.dtype[np.float64]]
# Which hours a number is of: all of them, those of a day, or one.
Span = tuple[int, int]
ALWAYS: Span = (0, TIMES)


@dataclass(frozen=True)
class Question:
    """What a page is asked."""

    filters: Filters
    step: Step


def day(i: int) -> Span:
    return i * HOURS, (i + 1) * HOURS


def hour(i: int) -> Span:
    return i, i + 1


def cells_of(filters: Filters) -> tuple[slice | int, ...]:
    """Where those who pass are in a cube."""
    choices = ((filters.gender, GENDERS), (filters.band, BANDS), (filters.mood, MOODS))
    return tuple(slice(None) if one is None else list(names).index(one) for one, names in choices)


def form(filters: Filters, span: Span) -> Form:
    """A number as a sum of the cells of all hours."""
    cells = np.zeros((TIMES, *CUBE_SHAPE))
    cells[(slice(*span), *cells_of(filters))] = 1
    return cells.ravel()


class View:
    """A place and a period of three days with three hours each, and what each question about it is answered."""

    def __init__(self, cubes: list[Cube]) -> None:
        self.cubes = cubes

    def counts(self, cube: Cube, filters: Filters) -> Counts:
        genders, bands, moods = (
            tuple(map(int, cube.sum(tuple(i for i in range(3) if i != axis)))) for axis in range(3)
        )
        passing = int(cube[cells_of(filters)].sum()) if filters.axes > 1 else 0
        return Counts(int(cube.sum()), genders, bands, moods, 1, 1, 1, passing)

    def truth(self, filters: Filters, span: Span) -> int:
        return int(sum(cube[cells_of(filters)].sum() for cube in self.cubes[slice(*span)]))

    def answer(self, question: Question) -> list[tuple[Filters, Span]]:
        """The numbers that are shown: whose, and when."""
        filters, step = question.filters, question.step
        each = [self.counts(cube, filters) for cube in self.cubes]
        table, now = shown_cube(np.sum(self.cubes, axis=0), total(each), filters, THRESHOLD)
        answers = [(one, ALWAYS) for one in self._said(filters, now)]
        if step is Step.HOUR:
            spans, counts = [hour(i) for i in range(TIMES)], each
        else:
            spans = [day(i) for i in range(DAYS)]
            counts = [total(each[slice(*span)]) for span in spans]
        points = [
            Point(MONDAY + timedelta(days=span[0] // HOURS, hours=span[0] % HOURS), one)
            for span, one in zip(spans, counts, strict=True)
        ]
        for span, point in zip(spans, shown_series(points, step, THRESHOLD, filters, table), strict=True):
            answers += [(one, span) for one in self._said(filters, point.counts)]
        if not filters.active:
            heat = [HeatCell(i // HOURS, 12 + i % HOURS, one) for i, one in enumerate(each)]
            answers += [
                (filters, hour(cell.weekday * HOURS + cell.hour - 12))
                for cell in shown_heat(heat, PERIOD, THRESHOLD)
                if cell.visitors is not None
            ]
        return answers

    @staticmethod
    def _said(filters: Filters, shown: ShownCounts) -> list[Filters]:
        said = [] if shown.visitors is None else [filters]
        values = {"gender": filters.gender, "band": filters.band, "mood": filters.mood}
        for name, names, line in (
            ("gender", GENDERS, shown.genders),
            ("band", BANDS, shown.bands),
            ("mood", MOODS, shown.moods),
        ):
            if values[name] is None:
                said += [
                    Filters(**(values | {name: one}))  # type: ignore[arg-type]
                    for one, number in zip(names, line, strict=True)
                    if number is not None
                ]
        return said

    def secrets(self, asked: Iterable[Filters]) -> list[tuple[Filters, Span]]:
        """Every small number that somebody who asks so might want to know."""
        spans = [ALWAYS, *map(day, range(DAYS)), *map(hour, range(TIMES))]
        return [
            (filters, span)
            for filters in {*asked, *OF_ONE_AXIS}
            for span in spans
            if self.truth(filters, span) < THRESHOLD
        ]

    def learned(self, asked: list[Question]) -> list[tuple[Filters, Span]]:
        """The small numbers that follow from the answers."""
        known = np.array([form(*number) for question in asked for number in self.answer(question)])
        basis = np.zeros((0, TIMES * int(np.prod(CUBE_SHAPE))))
        if len(known):
            _, strength, directions = np.linalg.svd(known, full_matrices=False)
            basis = directions[strength > 1e-9]
        secrets = self.secrets(question.filters for question in asked)
        if not secrets:
            return []
        wanted = np.array([form(*secret) for secret in secrets])
        rest = wanted - (wanted @ basis.T) @ basis
        return [secret for secret, left in zip(secrets, rest, strict=True) if np.abs(left).max() < 1e-7]


@st.composite
def views(draw: st.DrawFn) -> View:
    """Hours of a shop: few of some kinds, many of others."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shares = (
        random.dirichlet([9, 9, draw(st.sampled_from([0.2, 1, 3]))])[:, None, None]
        * random.dirichlet([2, 1, 6, 9, 8, 6, 4, 3])[None, :, None]
        * random.dirichlet([30, 18, 2, 4, 2, 0.3, 0.4, 4])[None, None, :]
    )
    sizes = draw(st.lists(st.sampled_from([0, 4, 12, 60, 300, 2000, 20_000]), min_size=TIMES, max_size=TIMES))
    return View([random.poisson(shares * size).astype(np.int64) for size in sizes])


steps = st.sampled_from([Step.HOUR, Step.DAY])
pairs = st.tuples(st.sampled_from(ALL_FILTERS), st.sampled_from(ALL_FILTERS))


@given(views(), steps, st.lists(pairs, min_size=4, max_size=4))
@settings(max_examples=20, deadline=None)
def test_no_two_questions_together_give_a_small_count_away(
    view: View, step: Step, pairs: list[tuple[Filters, Filters]]
) -> None:
    for pair in pairs:
        assert view.learned([Question(filters, step) for filters in pair]) == []


@given(views(), steps)
@settings(max_examples=15, deadline=None)
def test_all_questions_of_one_filter_together_give_no_small_count_away(view: View, step: Step) -> None:
    assert view.learned([Question(filters, step) for filters in OF_ONE_AXIS]) == []


@given(views())
@settings(max_examples=20, deadline=None)
def test_everybody_is_safe_in_steps_of_all_sizes_together(view: View) -> None:
    learned = view.learned([Question(EVERYBODY, Step.HOUR), Question(EVERYBODY, Step.DAY)])
    assert [secret for secret in learned if secret[0] == EVERYBODY] == []


def test_the_attack_finds_what_there_is_to_find() -> None:
    cube = np.full(CUBE_SHAPE, 40, dtype=np.int64)
    cube[2] = 0
    cube[2, 0, 0] = 3
    view = View([cube] * TIMES)
    of_all: list[tuple[Filters, Span]] = [
        (EVERYBODY, hour(0)),
        (Filters(gender=GENDERS[0]), hour(0)),
        (Filters(gender=GENDERS[1]), hour(0)),
    ]
    view.answer = lambda question: of_all  # type: ignore[method-assign]
    assert (Filters(gender=GENDERS[2]), hour(0)) in view.learned([Question(EVERYBODY, Step.HOUR)])
