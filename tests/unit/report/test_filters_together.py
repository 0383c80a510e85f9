"""Whoever asks a view several questions learns no small count from their answers together."""

from datetime import datetime, timedelta
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.report.domain.counts import BANDS, CUBE_SHAPE, GENDERS, MOODS, Counts, Cube, total
from services.report.domain.filters import EVERYBODY, Filters
from services.report.domain.series import HeatCell, Point
from services.report.domain.shown import shown_cube, shown_heat, shown_series

THRESHOLD = 10
STEPS = 4
START = datetime(2026, 11, 2, 12)
ALL_FILTERS = [Filters(*chosen) for chosen in product((None, *GENDERS), (None, *BANDS), (None, *MOODS))]
OF_ONE_AXIS = [filters for filters in ALL_FILTERS if filters.axes <= 1]
Form = np.ndarray[tuple[int], np.dtype[np.float64]]


def cells_of(filters: Filters) -> tuple[slice | int, ...]:
    """Where those who pass are in a cube."""
    choices = ((filters.gender, GENDERS), (filters.band, BANDS), (filters.mood, MOODS))
    return tuple(slice(None) if one is None else list(names).index(one) for one, names in choices)


def form(filters: Filters, step: int | None = None) -> Form:
    """A number as a sum of the cells of all steps."""
    cells = np.zeros((STEPS, *CUBE_SHAPE))
    cells[(slice(None) if step is None else step, *cells_of(filters))] = 1
    return cells.ravel()


class View:
    """A place and a period of four hours on four days, and what each question about it is answered."""

    def __init__(self, cubes: list[Cube]) -> None:
        self.cubes = cubes

    def counts(self, cube: Cube, filters: Filters) -> Counts:
        genders, bands, moods = (
            tuple(map(int, cube.sum(tuple(i for i in range(3) if i != axis)))) for axis in range(3)
        )
        passing = int(cube[cells_of(filters)].sum()) if filters.axes > 1 else 0
        return Counts(int(cube.sum()), genders, bands, moods, 1, 1, 1, passing)

    def truth(self, filters: Filters, step: int | None) -> int:
        cubes = self.cubes if step is None else [self.cubes[step]]
        return int(sum(cube[cells_of(filters)].sum() for cube in cubes))

    def answer(self, filters: Filters) -> list[tuple[Filters, int | None]]:
        """The numbers that are shown, as filters and step; None: of the whole period."""
        counts = [self.counts(cube, filters) for cube in self.cubes]
        whole = np.sum(self.cubes, axis=0)
        table, now = shown_cube(whole, total(counts), filters, THRESHOLD)
        points = [Point(START + timedelta(days=i), each) for i, each in enumerate(counts)]
        heat = [HeatCell(i, 12, each) for i, each in enumerate(counts)]
        answers: list[tuple[Filters, int | None]] = []
        if now.visitors is not None:
            answers.append((filters, None))
        for lines, name in ((now.genders, "gender"), (now.bands, "band"), (now.moods, "mood")):
            answers += [(one, None) for one in self._said(filters, name, lines)]
        for step, point in enumerate(shown_series(points, THRESHOLD, filters, table)):
            if point.counts.visitors is not None:
                answers.append((filters, step))
            lines_of = (point.counts.genders, point.counts.bands, point.counts.moods)
            for name, line in zip(("gender", "band", "mood"), lines_of, strict=True):
                answers += [(one, step) for one in self._said(filters, name, line)]
        answers += [
            (filters, cell.weekday) for cell in shown_heat(heat, THRESHOLD, filters, table) if cell.visitors is not None
        ]
        return answers

    @staticmethod
    def _said(filters: Filters, name: str, line: tuple[int | None, ...]) -> list[Filters]:
        if getattr(filters, name) is not None:
            return []
        names = {"gender": GENDERS, "band": BANDS, "mood": MOODS}[name]
        values = {"gender": filters.gender, "band": filters.band, "mood": filters.mood}
        return [
            Filters(**(values | {name: one}))  # type: ignore[arg-type]
            for one, number in zip(names, line, strict=True)
            if number is not None
        ]

    def secrets(self, asked: list[Filters]) -> list[tuple[Filters, int | None]]:
        """Every small number that somebody who asks so might want to know."""
        return [
            (filters, step)
            for filters in {*asked, *OF_ONE_AXIS}
            for step in (None, *range(STEPS))
            if self.truth(filters, step) < THRESHOLD
        ]

    def learned(self, asked: list[Filters]) -> list[tuple[Filters, int | None]]:
        """The small numbers that follow from the answers."""
        known = np.array([form(*number) for filters in asked for number in self.answer(filters)])
        basis = np.zeros((0, STEPS * int(np.prod(CUBE_SHAPE))))
        if len(known):
            _, strength, directions = np.linalg.svd(known, full_matrices=False)
            basis = directions[strength > 1e-9]
        secrets = self.secrets(asked)
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
    sizes = draw(st.lists(st.sampled_from([12, 60, 300, 2000, 20_000]), min_size=STEPS, max_size=STEPS))
    return View([random.poisson(shares * size).astype(np.int64) for size in sizes])


@given(views(), st.data())
@settings(max_examples=25, deadline=None)
def test_no_two_questions_together_give_a_small_count_away(view: View, data: st.DataObject) -> None:
    for _ in range(6):
        pair = data.draw(st.lists(st.sampled_from(ALL_FILTERS), min_size=2, max_size=2, unique=True))
        assert view.learned(pair) == []


@given(views())
@settings(max_examples=15, deadline=None)
def test_all_questions_of_one_filter_together_give_no_small_count_away(view: View) -> None:
    assert view.learned(OF_ONE_AXIS) == []


def test_the_attack_finds_what_there_is_to_find() -> None:
    cube = np.full(CUBE_SHAPE, 40, dtype=np.int64)
    cube[2] = 0
    cube[2, 0, 0] = 3
    view = View([cube] * STEPS)
    of_all = [(EVERYBODY, 0), (Filters(gender=GENDERS[0]), 0), (Filters(gender=GENDERS[1]), 0)]
    view.answer = lambda filters: of_all if filters == EVERYBODY else []  # type: ignore[method-assign]
    assert (Filters(gender=GENDERS[2]), 0) in view.learned([EVERYBODY])
