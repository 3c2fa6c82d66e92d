"""Sets of columns as bits, compiled and as Python runs them."""

from __future__ import annotations

from itertools import combinations, pairwise

import numba
import numpy as np
import pytest

from mheight.heights.lattice.bits import (
    count_bits,
    lowest_position,
    next_of_same_size,
    with_gap,
)
from mheight.kernels.compiling import plain


@numba.njit
def compiled(mask, position):
    return (
        count_bits(mask),
        lowest_position(mask),
        next_of_same_size(mask),
        with_gap(mask, position),
    )


def interpreted(mask, position):
    functions = (count_bits, lowest_position, next_of_same_size)
    return (*(plain(f)(mask) for f in functions), plain(with_gap)(mask, position))


@pytest.mark.parametrize("run", [compiled, interpreted])
def test_every_set_of_seven_columns(run) -> None:
    for size in range(1, 8):
        masks = sorted(sum(1 << j for j in chosen) for chosen in combinations(range(7), size))
        for mask, following in pairwise(masks):
            assert run(np.int64(mask), 3)[:3] == (
                size,
                min(j for j in range(7) if mask >> j & 1),
                following,
            )
    for mask in range(1, 128):
        for position in range(8):
            moved = [j + (j >= position) for j in range(7) if mask >> j & 1]
            assert run(np.int64(mask), position)[3] == sum(1 << j for j in moved)
