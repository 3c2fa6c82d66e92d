"""Whether products of entries stay in the range of float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mheight.kernels.compiling import kernel, of_one_form

__all__ = ["products_get_lost"]

_SMALLEST, _LARGEST = 1e-290, 1e290
"""A product of scaled entries above the first is no denormal number."""

_FEW_ENTRIES = 100_000  # not worth a compiler

Float = NDArray[np.float64]


def products_get_lost(matrices: Float) -> NDArray[np.bool_]:
    """Which matrices have minors that may underflow or overflow, however rows are scaled.

    Where P of [I | P] has fewer columns than rows, its columns may be expanded instead; then
    rows of unlike size count like rows of all sizes.

    Args:
        matrices: shape (N, r, n), finite: what is expanded.

    Returns:
        Shape (N,).
    """
    if matrices.size <= _FEW_ENTRIES:
        return _lose_products(matrices)
    count, rows, n = matrices.shape
    extremes = np.empty((count, 2))
    bits = of_one_form(matrices).reshape(count, -1).view(np.uint64)
    _find_extremes(bits, extremes.view(np.uint64))
    smallest, largest = extremes.T
    with np.errstate(all="ignore"):
        sound = smallest > largest * (n * _SMALLEST ** (1.0 / rows))
    sound &= (largest <= _LARGEST) & (smallest >= _SMALLEST)
    lost: NDArray[np.bool_] = ~sound
    suspicious = np.flatnonzero(lost)
    lost[suspicious] = _lose_products(matrices[suspicious])
    return lost


def _lose_products(matrices: Float) -> NDArray[np.bool_]:
    _, rows, n = matrices.shape
    sizes = np.abs(matrices)
    largest = sizes.max(axis=2)
    smallest = np.where(sizes > 0.0, sizes, np.inf).min(axis=2)
    lost = (largest > _LARGEST).any(axis=1) | (smallest < _SMALLEST).any(axis=1)
    if 0 < n - rows < rows:
        largest = np.broadcast_to(largest.max(axis=1, keepdims=True), largest.shape)
        smallest = np.broadcast_to(smallest.min(axis=1, keepdims=True), smallest.shape)
    with np.errstate(all="ignore"):
        part = np.where(largest > 0.0, smallest / largest, 1.0) / n
        lost |= ~(part.prod(axis=1) > _SMALLEST)
    return np.asarray(lost)


@kernel()
def _find_extremes(bits, out):  # type: ignore[no-untyped-def]
    """The least magnitude other than 0 and the largest one, of each row of floats as bits.

    Magnitudes are ordered as their bits are, and integers are compared side by side.

    Args:
        bits: shape (N, entries), the bits of finite floats, uint64.
        out: shape (N, 2), filled: bits of the least magnitude and of the largest.
    """
    count, entries = bits.shape
    one, magnitude = np.uint64(1), np.uint64(2**63 - 1)
    for code in range(count):
        smallest, largest = np.uint64(2**64 - 1), np.uint64(0)
        for j in range(entries):
            size = bits[code, j] & magnitude
            largest = max(largest, size)
            smallest = min(smallest, size - one)  # 0 becomes the largest of all
        out[code, 0], out[code, 1] = smallest + one, largest
