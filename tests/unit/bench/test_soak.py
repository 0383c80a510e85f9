import pytest

from bench.soak import Sample, growth, odd_size, second_half


def test_growth_is_the_slope_through_the_samples() -> None:
    samples = [Sample(1000, 500_000), Sample(2000, 503_000), Sample(3000, 504_000)]
    assert growth(samples) == pytest.approx(2)


def test_memory_that_stays_does_not_grow() -> None:
    assert growth([Sample(1000, 500_000), Sample(2000, 500_000)]) == 0


@pytest.mark.parametrize(("samples", "later"), [(2, 2), (3, 2), (4, 2), (100, 50)])
def test_the_second_half_has_two_samples_at_least(samples: int, later: int) -> None:
    assert len(second_half([Sample(number, 0) for number in range(samples)])) == later


def test_no_two_odd_photos_have_the_same_size() -> None:
    assert len({odd_size(number) for number in range(1000)}) == 1000
