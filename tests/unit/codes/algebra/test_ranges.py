"""Products that get lost, against products of fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mheight.codes.algebra import ranges
from mheight.codes.algebra.ranges import products_get_lost

SMALLEST, LARGEST = Fraction(1e-290), Fraction(1e290)


def lost(matrix: np.ndarray) -> bool:
    """What the module says, in fractions."""
    r, n = matrix.shape
    extremes = []
    for row in matrix:
        sizes = [abs(Fraction(float(x))) for x in row]
        kept = [x for x in sizes if x]
        if max(sizes) > LARGEST or (kept and min(kept) < SMALLEST):
            return True
        extremes.append((min(kept), max(kept)) if kept else None)
    if 0 < n - r < r:
        least = min((e[0] for e in extremes if e), default=Fraction(1))
        most = max((e[1] for e in extremes if e), default=Fraction(1))
        extremes = [(least, most)] * r
    product = Fraction(1)
    for pair in extremes:
        product *= (Fraction(1) if pair is None else pair[0] / pair[1]) / n
    return product <= SMALLEST


@pytest.mark.parametrize("few", [0, 100_000])
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]], False),
        ([[0.0, 0.0, 0.0]], False),
        ([[0.0, -0.0, 5e-324]], True),
        ([[1e290, -1e290, 0.0]], False),
        ([[1e290, np.nextafter(1e290, 1e300), 0.0]], True),
        ([[1e290, -np.nextafter(1e290, 1e300), 0.0]], True),
        ([[1e-290, 0.0, -1e-290]], False),
        ([[1e-290, 0.0, -np.nextafter(1e-290, 0.0)]], True),
        ([[2.0**-959, 4.0, 0.0, 1.0]], False),  # over 16: above 1e-290, which is 2^-963.36
        ([[2.0**-960, 4.0, 0.0, 1.0]], True),
        ([[2 * 1e-290, 1.0]], True),  # half of it is on the limit
        ([[0.0, 0.0], [2.0**-961, 1.0]], False),  # a row of zeros counts as 1 / n
        ([[0.0, 0.0], [2.0**-962, 1.0]], True),
        ([[1e-100, 1e100, 1.0]], False),
        ([[1e-100, 1e100, 1.0], [1.0, 1e100, 1.0]], True),
        ([[1e-100, 1e-100, 1e-100], [1e100, 1e100, 0.0]], True),  # three columns of two rows
        ([[1e-100, 1e-100, 1e-100, 0.0], [1e100, 1e100, 0.0, 1e100]], False),  # four: each scaled
        ([[1e-100, 1e-100], [1e100, 1e100]], False),  # no column more than rows
        ([[7.0]], False),
        ([[-1e-289]], False),
    ],
)
def test_products_on_the_limits(
    rows: list[list[float]], expected: bool, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "_FEW_ENTRIES", few)
    matrix = np.array(rows)
    assert lost(matrix) == expected
    assert products_get_lost(matrix[None]).tolist() == [expected]


@pytest.mark.parametrize("few", [0, 100_000])
@pytest.mark.parametrize(("r", "n"), [(1, 3), (2, 3), (3, 3), (3, 5), (2, 5), (1, 1)])
def test_random_products(r: int, n: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "_FEW_ENTRIES", few)
    rng = np.random.default_rng([r, n])
    wide = rng.uniform(0, min(285, 500 / r), (60, 1, 1))
    matrices = 10.0 ** (wide * rng.uniform(-1, 1, (60, r, n))) * rng.choice([-1, 0, 1], (60, r, n))
    found = products_get_lost(matrices).tolist()
    assert found == [lost(matrix) for matrix in matrices]
    if (r, n) != (1, 1):
        assert 3 <= sum(found) <= 57


def test_the_kernel_settles_what_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large batch only what looks suspicious is looked at by NumPy."""
    asked: list[int] = []
    slow = ranges._lose_products
    monkeypatch.setattr(ranges, "_FEW_ENTRIES", 0)

    def lose(part: np.ndarray) -> np.ndarray:
        asked.append(len(part))
        return slow(part)

    monkeypatch.setattr(ranges, "_lose_products", lose)
    matrices = np.ones((5, 2, 4))
    matrices[1, 0, 3], matrices[3, 1, 0] = 1e-200, 1e291
    assert products_get_lost(matrices).tolist() == [False, False, False, True, False]
    assert asked == [2]


def test_extremes_of_magnitudes() -> None:
    rows = np.array([
        [1.0, -2.0, 0.0, 0.5],
        [-3.0, -0.0, 0.0, 0.0],
        [5e-324, 1.7e308, -1.0, 0.0],
        [2.0, 2.0, 2.0, -2.0],
        [4.0, 0.0, 0.0, -0.25],
    ])  # fmt: skip
    out = np.empty((5, 2))
    ranges._find_extremes(rows.view(np.uint64), out.view(np.uint64))
    sizes = np.abs(rows)
    assert out[:, 0].tolist() == np.where(sizes > 0.0, sizes, np.inf).min(axis=1).tolist()
    assert out[:, 1].tolist() == sizes.max(axis=1).tolist()


def test_rows_of_zeros_have_no_least_magnitude() -> None:
    """They come out suspicious: the least is 0, not infinite."""
    out = np.ones((1, 2))
    ranges._find_extremes(np.zeros((1, 3)).view(np.uint64), out.view(np.uint64))
    assert out.tolist() == [[0.0, 0.0]]
