"""A queue of lots keeps their order and their number."""

from hypothesis import given
from hypothesis import strategies as st

from services.plan.handler.line import Line, Lot


def test_first_come_first_served_and_lots_are_split() -> None:
    line = Line()
    line.put([Lot(1, 5, 0), Lot(2, 0, 0), Lot(3, 4, 1)])
    assert line.take(7) == [Lot(1, 5, 0), Lot(3, 2, 1)]
    assert (line.photos, line.oldest) == (2, 3)
    assert line.take(9) == [Lot(3, 2, 1)]
    assert (line.photos, line.take(1)) == (0, [])
    assert line.oldest is None


def test_what_is_put_back_comes_first_in_its_order() -> None:
    line = Line()
    line.put([Lot(1, 2, 0), Lot(2, 2, 0), Lot(3, 2, 0)])
    line.put_back(line.take(3))
    assert line.take(6) == [Lot(1, 2, 0), Lot(2, 1, 0), Lot(2, 1, 0), Lot(3, 2, 0)]


def test_there_is_room_up_to_its_bound() -> None:
    line = Line(most=10)
    line.put([Lot(0, 7, 0)])
    assert line.room == 3
    line.put([Lot(0, 7, 0)])
    assert line.room == 0


@given(lots=st.lists(st.integers(0, 50)), takes=st.lists(st.floats(0, 60)))
def test_none_is_lost_and_none_invented(lots: list[int], takes: list[float]) -> None:
    line = Line()
    line.put(Lot(tick, photos, 0) for tick, photos in enumerate(lots))
    taken = [lot for most in takes for lot in line.take(most)]
    assert sum(lot.photos for lot in taken) + line.photos == sum(lots)
    assert [lot.born for lot in taken] == sorted(lot.born for lot in taken)
