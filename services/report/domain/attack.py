"""What a reader could work out of the numbers that a table shows, by arithmetic and by knowing that no count is negative.

A hidden number's *slack* is a width that is certain: there are two tables, both with every number that is shown and without a
negative one, in which the hidden number differs by that much. A slack of 0 means that nothing is certain.

Tables hold their margins, as index -1 of each axis.
"""

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_EXACT = 1e-6  # under this, a direction is rounding


def slack(table: NDArray[np.int64], hidden: Mask, least: float) -> Floats:
    """How far each hidden number can move, of the same shape as `table`; infinite where nothing is hidden.

    Args:
        table: Counts with margins, of 1 to 3 axes.
        hidden: True where a number is not shown. The grand total must be shown.
        least: The width that is asked for. What is found beyond it is found by chance.
    """
    if table.ndim == 1:
        return np.where(hidden, np.where(hidden.sum() > 1, (table * hidden)[:-1].sum(), 0), np.inf)
    return _slack_2d(table, hidden) if table.ndim == 2 else _slack_3d(table, hidden, least)


def _slack_2d(table: NDArray[np.int64], hidden: Mask) -> Floats:
    """By exchange between rows: a person moves within one row, and another one the other way within another row.

    With the signs of both margins turned, every row and every column sums to 0, so that margins are cells like others. A cell
    can sink by its count and rise without bound; a margin follows its cells.
    """
    h = hidden.astype(np.float64)
    sink = table * h
    far = float(table[-1, -1])
    sink[-1, :] = far * h[-1, :]
    sink[:, -1] = far * h[:, -1]
    # from_rows[r, q]: what the hidden columns of row r could get back from row q.
    from_rows = h @ sink.T
    np.fill_diagonal(from_rows, 0.0)
    column = sink.sum(axis=0)
    others = column - sink  # the rest of the column of each cell
    fall = np.minimum(sink, from_rows @ h - others)
    # Rise by way of one other column ...
    both = h.T @ sink  # [d, c]: what column c holds in rows in which d is hidden too
    pairs = np.minimum(sink[:, :, None], (both[None, :, :] - sink[:, None, :]) * h[:, :, None])
    pairs[:, np.arange(h.shape[1]), np.arange(h.shape[1])] = 0.0
    rise = pairs.max(axis=1)
    # ... or of all columns that are hidden in this row, out of rows that hide the same ones and more.
    misses = h @ (1.0 - h).T  # [r, q]: how many columns are hidden in r and shown in q
    alike = (misses == 0).astype(np.float64)
    np.fill_diagonal(alike, 0.0)
    rise = np.maximum(rise, np.minimum(sink.sum(axis=1, keepdims=True) - sink, alike @ sink))
    return np.where(hidden, rise + fall, np.inf)


def _slack_3d(table: NDArray[np.int64], hidden: Mask, least: float) -> Floats:
    """By linear algebra: a table well inside of what is possible, and how far one can go from there in fitting directions."""
    flat = hidden.reshape(-1)
    cells = np.flatnonzero(hidden[:-1, :-1, :-1].reshape(-1))
    counts = table[:-1, :-1, :-1].reshape(-1)[cells].astype(np.float64)
    parts = _sums(table.shape)[:, cells]
    rules, wanted = parts[~flat], parts[flat]
    rules = rules[rules.any(axis=1)]
    gram = rules @ rules.T
    gram[np.diag_indices_from(gram)] += 1e-9
    free = rules.T @ np.linalg.solve(gram, -rules)  # projects onto moves that no shown number betrays
    free[np.diag_indices_from(free)] += 1.0
    middle = _middle(counts, free, least)
    out = np.full(table.size, np.inf)
    if middle.min(initial=0.0) < -_EXACT:  # none found: those are to blame that it leaves too little
        out[flat] = np.where(wanted @ (middle < least / 2) > 0, 0.0, np.inf)
        return out.reshape(table.shape)
    moves = wanted @ free
    size = (moves * wanted).sum(axis=1)
    moves /= np.maximum(middle, 0.0) + 1e-12
    width = size / np.maximum(moves.max(axis=1), _EXACT) + size / np.maximum(-moves.min(axis=1), _EXACT)
    width = np.where(size > _EXACT, width, 0.0)
    unsure = (width < least) & (size > _EXACT)
    if 0 < unsure.sum() <= 60:  # more of them are not worth a closer look: some number has to go
        width[unsure] = np.maximum(width[unsure], _reach(counts, middle, free, wanted[unsure], least))
    out[flat] = width
    return out.reshape(table.shape)


def _reach(counts: Floats, middle: Floats, free: Floats, numbers: Floats, least: float) -> Floats:
    """For each of the numbers, how far a fitting table differs from the true one in it; looks for `least`, not for more."""
    truth = numbers @ counts
    sinks = (numbers @ middle < truth) & (truth > 2 * least)
    aim = numbers * np.where(sinks, -1.0, 1.0)[:, None]
    goal = aim @ counts + 1.2 * least
    length = (aim * aim).sum(axis=1)
    here = np.repeat(middle[:, None], len(aim), axis=1)
    far = np.zeros(len(aim))
    for _ in range(8):
        for _ in range(5):
            lacks = np.maximum(goal - (aim.T * here).sum(axis=0), 0.0) / length
            raised = np.maximum(here, 0.1 * least) + aim.T * lacks
            here = counts[:, None] + free @ (raised - counts[:, None])
        far = np.where(here.min(axis=0) > -_EXACT, (aim.T * here).sum(axis=0) - aim @ counts, 0.0)
        if (far >= least).all():
            break
    return far


def _middle(counts: Floats, free: Floats, least: float) -> Floats:
    """A table that fits all shown numbers and in which no hidden cell is near 0, by projecting back and forth."""
    here = counts
    for _ in range(60):
        raised = np.maximum(here, least)
        here = counts + free @ (raised - counts)
        if here.min() > 0.7 * least:
            break
    return here


@lru_cache(maxsize=16)
def _sums(shape: tuple[int, ...]) -> Floats:
    """Which cells each number of a table sums, margins included: (numbers, cells), 0 or 1."""
    inner = tuple(n - 1 for n in shape)
    rows = []
    for index in product(*(range(n) for n in shape)):
        row = np.zeros(inner)
        row[tuple(slice(None) if i == n - 1 else i for i, n in zip(index, shape, strict=True))] = 1.0
        rows.append(row.reshape(-1))
    return np.array(rows)
