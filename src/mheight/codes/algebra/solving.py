"""Linear systems solved to the last digit, so that what is zero stays zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["solve_refined", "systematic_part"]

Float = NDArray[np.float64]

_STEPS = 2
_NOTHING = 1e-14


def solve_refined(basis: Float, right: Float) -> Float:
    """Solve basis X = right, with iterative refinement in extended precision.

    A plain solution is off by the condition number times the rounding of its largest
    entry, which turns zero entries and zero minors into noise.  Refined with residuals
    in long double, each entry is right to nearly the last digit (where long double is
    no more than double, as on some platforms, little is gained).

    Args:
        basis: shape (..., k, k), regular.
        right: shape (..., k, r).

    Returns:
        Shape (..., k, r).
    """
    inverse = np.linalg.inv(basis)
    wide_basis, wide_right = basis.astype(np.longdouble), right.astype(np.longdouble)
    solution = (inverse @ right).astype(np.longdouble)
    for _ in range(_STEPS):
        residual = (wide_right - wide_basis @ solution).astype(np.float64)
        solution += inverse @ residual
    return solution.astype(np.float64)


def systematic_part(basis: Float, rest: Float) -> Float:
    """P of `basis [I | P] = [basis | rest]`, with zeros where it is zero up to rounding.

    An entry of P is a quotient of minors.  One below 1e-14 of the largest is what is left
    of a zero; kept, it would pass for a minor that is small but not zero.

    Args:
        basis: shape (..., k, k), regular.
        rest: shape (..., k, r).
    """
    parity = solve_refined(basis, rest)
    if parity.size:
        largest = np.abs(parity).max(axis=(-2, -1), keepdims=True)
        parity[np.abs(parity) < _NOTHING * largest] = 0.0
    return parity
