"""What suppression promises, attacked by linear algebra and by linear programming."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.optimize import linprog

from services.report.domain.suppression import ALL, least_slack, publish, suppress, with_margins

THRESHOLD = 10
Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

COUNT = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 30), st.integers(10, 500))
SMALL_SHAPES = st.one_of(
    st.tuples(st.integers(1, 9)),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)),
)


def tables(shapes: st.SearchStrategy[tuple[int, ...]]) -> st.SearchStrategy[Counts]:
    return shapes.flatmap(lambda shape: arrays(np.int64, shape, elements=COUNT))


@st.composite
def partly_closed(draw: st.DrawFn) -> tuple[Counts, Mask]:
    counts = draw(tables(SMALL_SHAPES))
    closed = draw(arrays(np.bool_, counts.shape))
    return np.where(closed, 0, counts), closed


def shop(random: np.random.Generator, visitors: int) -> Counts:
    """A table like those of shops: few children, few people who look afraid."""
    shares = (
        np.array([0.47, 0.48, 0.05])[:, None, None]
        * random.dirichlet([2, 1, 6, 9, 8, 6, 4, 3])[None, :, None]
        * random.dirichlet([30, 18, 2, 4, 2, 0.3, 0.4, 4])[None, None, :]
        * random.gamma(8, 1 / 8, (3, 8, 8))
    )
    return random.multinomial(visitors, (shares / shares.sum()).ravel()).reshape(3, 8, 8).astype(np.int64)


def numbers_of(shape: tuple[int, ...]) -> dict[tuple[int, ...], NDArray[np.float64]]:
    """Every number of a table with margins, by index, as the sum of cells that it is."""
    sums = {}
    for index in product(*(range(n + 1) for n in shape)):
        cells = np.zeros(shape)
        cells[tuple(slice(None) if i == n else i for i, n in zip(index, shape, strict=True))] = 1
        sums[index] = cells.ravel()
    return sums


def worked_out(
    shape: tuple[int, ...], hidden: Mask, shown: set[tuple[int, ...]] | None = None
) -> list[tuple[int, ...]]:
    """The hidden numbers that are a linear combination of shown ones (of all of them, unless told which)."""
    sums = numbers_of(shape)
    known = [sums[i] for i in sums if not hidden[i] and (shown is None or i in shown)]
    basis = np.zeros((0, np.prod(shape)))
    if known:
        _, strength, directions = np.linalg.svd(np.array(known), full_matrices=False)
        basis = directions[strength > 1e-9]
    secrets = [i for i in sums if hidden[i]]
    rest = [sums[i] - basis.T @ (basis @ sums[i]) for i in secrets]
    return [i for i, r in zip(secrets, rest, strict=True) if np.abs(r).max() < 1e-7]


def width(counts: Counts, hidden: Mask, number: tuple[int, ...]) -> float:
    """Between which bounds a hidden number must lie, if no count is negative: how far they are apart."""
    sums = numbers_of(counts.shape)
    known = np.array([sums[i] for i in sums if not hidden[i]])
    if not len(known):
        return np.inf
    ends = [
        linprog(sign * sums[number], A_eq=known, b_eq=known @ counts.ravel(), bounds=(0, None), method="highs")
        for sign in (1, -1)
    ]
    low, high = (end.fun if end.status == 0 else -np.inf for end in ends)  # -inf: there is no bound on that side
    return float(-high - low)


def assert_keeps_its_promises(counts: Counts, hidden: Mask, closed: Mask | None = None) -> None:
    table = with_margins(counts)
    shut = np.zeros(table.shape, dtype=bool)
    if closed is not None:
        shut = with_margins((~closed).astype(np.int64)) == 0
    assert not (hidden & shut).any()
    assert hidden[(table < THRESHOLD) & ~shut].all()
    assert not worked_out(counts.shape, hidden)
    if hidden[(ALL,) * counts.ndim]:
        return
    for axis in range(counts.ndim):
        inside = np.moveaxis(table * hidden, axis, -1)[..., :-1].sum(axis=-1)
        secrets = np.moveaxis(hidden, axis, -1)
        bare = secrets.any(axis=-1) & ~secrets[..., -1]
        assert (inside[bare] >= THRESHOLD).all()


@settings(max_examples=400, deadline=None)
@given(tables(SMALL_SHAPES))
def test_small_counts_are_hidden_and_no_hidden_number_follows_from_the_shown_ones(counts: Counts) -> None:
    assert_keeps_its_promises(counts, suppress(counts, THRESHOLD))


@settings(max_examples=200, deadline=None)
@given(partly_closed())
def test_closed_cells_are_shown_and_hide_nobody(table: tuple[Counts, Mask]) -> None:
    counts, closed = table
    assert_keeps_its_promises(counts, suppress(counts, THRESHOLD, closed), closed)


def test_what_is_the_grand_total_under_another_name_is_shown_with_it() -> None:
    """All that is open in this table is in its one slab: its sum is no secret, and hides none."""
    counts = np.array([[[10, 0, 0, 0], [0, 0, 0, 0], [0, 0, 16, 0]]])
    closed = np.array([[[False, True, True, True], [False, True, True, True], [True, False, False, True]]])
    hidden = suppress(counts, THRESHOLD, closed)
    assert not hidden[0, ALL, ALL]
    assert_keeps_its_promises(counts, hidden, closed)


@settings(max_examples=100, deadline=None)
@given(tables(SMALL_SHAPES), st.data())
def test_knowing_that_no_count_is_negative_does_not_pin_a_hidden_number_down(
    counts: Counts, data: st.DataObject
) -> None:
    hidden = suppress(counts, THRESHOLD)
    if hidden.any():
        number = tuple(data.draw(st.sampled_from(np.argwhere(hidden).tolist()), label="number"))
        assert width(counts, hidden, number) >= least_slack(THRESHOLD) - 1e-6


def test_a_ring_of_zeros_does_not_pin_itself_down() -> None:
    """Every line of this ring of six sums to 10, and yet only one table fits if no other cell is hidden."""
    counts = np.array([[0, 10, 50], [50, 10, 0], [10, 50, 10]])
    hidden = suppress(counts, THRESHOLD)
    assert min(width(counts, hidden, tuple(i)) for i in np.argwhere(hidden).tolist()) >= 1


@pytest.mark.parametrize("visitors", [60, 400, 2000, 8000, 40000, 300000])
def test_a_shops_table_keeps_its_promises(visitors: int) -> None:
    random = np.random.default_rng(visitors)
    for _ in range(4):
        counts = shop(random, visitors)
        assert_keeps_its_promises(counts, suppress(counts, THRESHOLD))


@pytest.mark.parametrize("visitors", [2000, 40000])
def test_no_two_queries_of_one_view_reveal_a_hidden_number_nor_do_all_together(visitors: int) -> None:
    """A query is a gender, band and mood, each one or all of them; its answer is that group by every axis that is left."""
    counts = shop(np.random.default_rng(visitors), visitors)
    hidden = suppress(counts, THRESHOLD)
    queries = []
    for choice in product(*((None, *range(n)) for n in counts.shape)):
        axes = [range(n + 1) if c is None else [c] for c, n in zip(choice, counts.shape, strict=True)]
        queries.append(set(product(*axes)))
    by_gender = [
        q
        for q, c in zip(queries, product((None, *range(3)), (None, *range(8)), (None, *range(8))), strict=True)
        if sum(x is not None for x in c) <= 1
    ]
    assert len(queries) == 4 * 9 * 9
    for one, other in combinations(by_gender, 2):
        assert not worked_out(counts.shape, hidden, one | other)
    assert not worked_out(counts.shape, hidden, set().union(*queries))


@pytest.mark.parametrize(("rows", "columns", "visitors"), [(400, 8, 40), (400, 8, 4), (7, 24, 30), (52, 3, 12)])
def test_long_tables_keep_their_promises(rows: int, columns: int, visitors: int) -> None:
    random = np.random.default_rng(rows + visitors)
    columns_shares = random.dirichlet(np.full(columns, 0.6))
    counts = random.poisson(visitors * random.gamma(2, 0.5, (rows, 1)) * columns_shares).astype(np.int64)
    hidden = suppress(counts, THRESHOLD)
    table = with_margins(counts)
    assert hidden[table < THRESHOLD].all()
    assert not bridges(hidden)
    for axis in (0, 1):
        inside = np.moveaxis(table * hidden, axis, -1)[..., :-1].sum(axis=-1)
        secrets = np.moveaxis(hidden, axis, -1)
        assert (inside[secrets.any(axis=-1) & ~secrets[..., -1]] >= THRESHOLD).all()


def bridges(hidden: Mask) -> list[tuple[int, int]]:
    """Hidden numbers that follow from the shown ones: the bridges of the graph of rows and columns (Gusfield 1988)."""
    rows = len(hidden)
    beside: dict[int, list[int]] = {}
    for r, c in np.argwhere(hidden).tolist():
        beside.setdefault(r, []).append(rows + c)
        beside.setdefault(rows + c, []).append(r)
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    found = []
    for root, neighbours in beside.items():
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack = [(root, -1, iter(neighbours))]
        while stack:
            node, parent, following = stack[-1]
            for other in following:
                if other not in order:
                    order[other] = low[other] = len(order)
                    stack.append((other, node, iter(beside[other])))
                    break
                if other != parent:
                    low[node] = min(low[node], order[other])
            else:
                stack.pop()
                if stack:
                    low[parent] = min(low[parent], low[node])
                    if low[node] > order[parent]:
                        found.append((parent, node))
    return found


def test_a_total_under_the_threshold_hides_everything() -> None:
    assert suppress(np.array([[4, 5], [0, 0]]), THRESHOLD).all()
    assert suppress(np.zeros((3, 8, 8), dtype=np.int64), THRESHOLD).all()


def test_what_is_large_enough_is_shown() -> None:
    assert not suppress(np.full((3, 8, 8), 10), THRESHOLD).any()


def test_a_lone_small_count_takes_the_cheapest_other_with_it() -> None:
    assert suppress(np.array([90, 3, 40, 12]), THRESHOLD).tolist() == [False, True, False, True, False]


def test_closed_hours_are_not_small_counts() -> None:
    counts, closed = np.array([0, 0, 50, 60]), np.array([True, True, False, False])
    assert not suppress(counts, THRESHOLD, closed).any()


def test_a_threshold_of_nothing_hides_nothing() -> None:
    assert not suppress(np.array([[0, 1], [2, 0]]), 0).any()


def test_the_same_table_always_gives_the_same_answer() -> None:
    counts = shop(np.random.default_rng(5), 3000)
    assert (suppress(counts, THRESHOLD) == suppress(counts.copy(), THRESHOLD)).all()


def test_hides_little_more_than_it_must_of_a_large_table() -> None:
    counts = shop(np.random.default_rng(5), 300_000)
    small = (counts < THRESHOLD).sum()
    assert small < suppress(counts, THRESHOLD)[:-1, :-1, :-1].sum() < 4 * small + 12


@pytest.mark.parametrize("counts", [np.zeros((2, 2, 2, 2), dtype=np.int64), np.array([5, -1])])
def test_what_is_not_a_table_of_counts_is_refused(counts: Counts) -> None:
    with pytest.raises(ValueError, match="axes"):
        suppress(counts, THRESHOLD)


def test_a_published_table_gives_numbers_and_no_hidden_one() -> None:
    published = publish(np.array([[90, 3, 40], [50, 60, 70]]), THRESHOLD)
    assert published.total == 313
    assert published.at(0, 1) is None
    assert published.at(ALL, 0) == 140
    assert published.line(ALL, None) == (140, 63, 110)
    assert None in published.line(0, None)
