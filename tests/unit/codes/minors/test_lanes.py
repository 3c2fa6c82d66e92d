"""Operations on eight lanes: as compiled, as an interpreted kernel does them, and by NumPy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mheight.codes.minors import lanes
from mheight.codes.minors.lanes import LANES, aligned_rows
from mheight.kernels.compiling import kernel, plain

add, subtract, multiply, divided = lanes.add, lanes.subtract, lanes.multiply, lanes.divided
least, largest, magnitude, square_root = (
    lanes.least, lanes.largest, lanes.magnitude, lanes.square_root,
)  # fmt: skip
fused, where_positive, subset_minima = lanes.fused, lanes.where_positive, lanes.subset_minima
load, store, entry, splat = lanes.load, lanes.store, lanes.entry, lanes.splat

INF = np.inf


@kernel()
def every_operation(x, y, z, out):  # type: ignore[no-untyped-def]
    """All operations on the first rows of x, y and z, one a row of `out`."""
    a, b, c = load(x, 0), load(y, 0), load(z, 0)
    store(out, 0 * LANES, add(a, b))
    store(out, 1 * LANES, subtract(a, b))
    store(out, 2 * LANES, multiply(a, b))
    store(out, 3 * LANES, divided(a, b))
    store(out, 4 * LANES, least(a, b))
    store(out, 5 * LANES, largest(a, b))
    store(out, 6 * LANES, magnitude(a))
    store(out, 7 * LANES, square_root(magnitude(a)))
    store(out, 8 * LANES, fused(a, b, c))
    store(out, 9 * LANES, where_positive(a, b, c))
    store(out, 10 * LANES, subset_minima(a))


@kernel()
def moved(rows, table, whole, half, out):  # type: ignore[no-untyped-def]
    """What is read and written at offsets: of a table, across rows; one number in all lanes."""
    store(out, 0, load(rows, entry(table, 1)))
    store(out, entry(table, 2), load(rows, 3))  # not on a boundary of rows
    store(out, 3 * LANES, splat(whole))
    store(out, 4 * LANES, splat(half))


def fused_exactly(x: float, y: float, z: float) -> float:
    return float(Fraction(x) * Fraction(y) + Fraction(z))


def by_numpy(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        finite = np.isfinite([x, y, z]).all(axis=0)
        return np.stack([
            x + y, x - y, x * y, x / y,
            [min(a, b) for a, b in zip(x, y, strict=True)],
            [max(a, b) for a, b in zip(x, y, strict=True)],
            [-a if a < 0 else a for a in x],
            [np.sqrt(abs(a)) for a in x],
            [fused_exactly(*lane) if good else lane[0] * lane[1] + lane[2]
             for lane, good in zip(zip(x, y, z, strict=True), finite, strict=True)],
            [b if a > 0 else c for a, b, c in zip(x, y, z, strict=True)],
            [min(x[j] for j in range(LANES) if j & i == j) for i in range(LANES)],
        ])  # fmt: skip


CASES = {
    "ties and zeros": (
        [0.0, -0.0, 1.0, -1.0, 2.0, 2.0, -3.0, 0.0],
        [1.0, 2.0, 1.0, -1.0, 2.0, -2.0, 3.0, -5.0],
        [7.0, -7.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    ),
    "infinite": (
        [INF, -INF, 1.0, -1.0, INF, 5e-324, 1.7e308, -1.7e308],
        [1.0, 2.0, INF, -INF, INF, 0.5, 0.5, 2.0**-1074],
        [0.0, 1.0, 2.0, 3.0, INF, -INF, 1.0, 1.0],
    ),
    "a product that rounding would change": (
        [1 + 2.0**-30, 1 + 2.0**-30, 0.1, 3.0, 1e16 + 2, 1 - 2.0**-53, 1e-160, 1e150],
        [1 - 2.0**-30, 1 + 2.0**-30, 10.0, 1 / 3, 1e16 - 2, 1 + 2.0**-52, 1e-160, 1e150],
        [-1.0, -1.0, -1.0, -1.0, -1e32, -1.0, -1e-320, -1e300],
    ),
    "falling": ([*range(8, 0, -1)], [*range(1, 9)], [*range(-8, 0)]),
    "rising": ([*range(1, 9)], [*range(8, 0, -1)], [*range(8)]),
    "the least in one lane": ([5, 5, 5, -1, 5, 5, 4, 5], [1] * 8, [0] * 8),
    "nothing above 0": ([-1.0, -0.0, 0.0, -INF] * 2, [1.0] * 8, [2.0] * 8),
}


@pytest.mark.parametrize("case", CASES)
def test_operations(case: str) -> None:
    x, y, z = (np.array(row, float) for row in CASES[case])
    expected = by_numpy(x, y, z)
    for route in (every_operation, plain(every_operation)):
        out = np.empty((11, LANES))
        with np.errstate(all="ignore"):
            route(x[None], y[None], z[None], out)
        for row, wanted in zip(out, expected, strict=True):
            np.testing.assert_array_equal(row, wanted)


def test_random_numbers_of_all_sizes() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        x, y, z = rng.standard_normal((3, LANES)) * 10.0 ** rng.integers(-30, 30, (3, LANES))
        z[:4] = -x[:4] * y[:4]  # what rounding took from the product is left
        outs = []
        for route in (every_operation, plain(every_operation)):
            outs.append(np.empty((11, LANES)))
            route(x[None], y[None], z[None], outs[-1])
            np.testing.assert_array_equal(outs[-1], by_numpy(x, y, z))
        assert (outs[0][8, :4] != 0.0).any()


def test_a_test_that_is_no_number_is_not_positive() -> None:
    x = np.full((1, LANES), np.nan)
    for route in (every_operation, plain(every_operation)):
        out = np.empty((11, LANES))
        with np.errstate(all="ignore"):
            route(x, np.ones((1, LANES)), np.zeros((1, LANES)), out)
        np.testing.assert_array_equal(out[9], np.zeros(LANES))


def test_offsets() -> None:
    rows = np.arange(4.0 * LANES).reshape(4, LANES)
    table = np.array([0, 2 * LANES, LANES + 4], np.int32)
    for route in (moved, plain(moved)):
        out = np.full((5, LANES), -1.0)
        route(rows, table, 7, 0.5, out)
        flat = out.reshape(-1).tolist()
        assert flat[:8] == [*range(16, 24)]
        assert flat[8:12] == flat[20:24] == [-1.0] * 4
        assert flat[12:20] == [*range(3, 11)]
        assert flat[24:] == [7.0] * 8 + [0.5] * 8


def test_a_vector_that_was_loaded_does_not_change() -> None:
    for route in (swapped, plain(swapped)):
        rows = np.stack([np.arange(LANES), -np.arange(LANES)]).astype(float)
        route(rows)
        assert rows.tolist() == [[-float(i) for i in range(8)], [float(i) for i in range(8)]]


@kernel()
def swapped(rows):  # type: ignore[no-untyped-def]
    """Two rows trade places."""
    first, second = load(rows, 0), load(rows, LANES)
    store(rows, 0, second)
    store(rows, LANES, first)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_rows_begin_on_a_boundary_of_vectors(count: int) -> None:
    for _ in range(8):
        rows: Any = aligned_rows(count)
        assert rows.shape == (count, LANES)
        assert rows.dtype == np.float64
        assert rows.flags.c_contiguous
        assert rows.ctypes.data % 64 == 0
        rows[:] = 1.0
