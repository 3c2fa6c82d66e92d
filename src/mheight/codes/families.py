"""Named families of codes whose height profiles are known in closed form.

All of them with sources in the docstrings; `mheight.height_profile` agrees with each
formula to rounding, and a test says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mheight.codes.linear_code import LinearCode
from mheight.errors import InvalidCodeError

__all__ = [
    "FAMILIES",
    "Family",
    "cosine_code",
    "cosine_dual_code",
    "family_code",
    "icosahedral",
    "repetition",
    "single_parity",
]

_GOLDEN = (1.0 + 5.0**0.5) / 2.0


def _at_least(name: str, n: int, least: int) -> None:
    if n < least:
        raise InvalidCodeError(f"the {name} code needs n >= {least}, got {n}")


def repetition(n: int) -> LinearCode:
    """The [n, 1] repetition code, n >= 2; every height is 1.

    Examples:
        >>> repetition(3).G
        array([[1., 1., 1.]])
    """
    _at_least("repetition", n, 2)
    return LinearCode(np.ones((1, n)))


def single_parity(n: int) -> LinearCode:
    """The [n, n-1] code of all words whose entries sum to 0, n >= 2; h_1 = n - 1.

    Examples:
        >>> single_parity(3).G
        array([[ 1.,  0., -1.],
               [ 0.,  1., -1.]])
    """
    _at_least("single parity", n, 2)
    return LinearCode.from_systematic(np.full((n - 1, 1), -1.0))


def _half_circle(n: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The 2 x n matrix of columns (cos j pi/n, sin j pi/n)."""
    angles = np.arange(n) * np.pi / n
    return np.array([np.cos(angles), np.sin(angles)])


def cosine_code(n: int) -> LinearCode:
    """The [n, 2] code with generator columns (cos j pi/n, sin j pi/n), n >= 3.

    For odd m, h_m = 1 / cos((m+1) pi/2n); for even m, h_m = cos(pi/2n) / cos((m+1) pi/2n).

    Examples:
        >>> cosine_code(5)
        LinearCode([5, 2])
    """
    _at_least("cosine", n, 3)
    return LinearCode(_half_circle(n))


def cosine_dual_code(n: int) -> LinearCode:
    """The [n, n-2] code with parity-check columns (cos j pi/n, sin j pi/n), n >= 3.

    h_1 = cot(pi/2n) - 1 for even n, csc(pi/2n) - 1 for odd n, and
    h_2 = 1 / (2 sin^2(pi/2n)) - 1, the least possible of any [n, n-2] code
    (arXiv 2606.03011).

    Examples:
        >>> cosine_dual_code(5)
        LinearCode([5, 3])
    """
    _at_least("dual cosine", n, 3)
    return LinearCode.from_parity_check(_half_circle(n))


def icosahedral() -> LinearCode:
    """The [6, 3] code of the icosahedron's six axes; its profile is sqrt 5, sqrt 5, 2 + sqrt 5."""
    phi = _GOLDEN
    return LinearCode([[0, 0, 1, 1, phi, -phi], [1, 1, phi, -phi, 0, 0], [phi, -phi, 0, 0, 1, 1]])


@dataclass(frozen=True)
class Family:
    """A family of codes by its name.

    Attributes:
        build: makes the code of a length, or the only one.
        has_length: whether there is one for each n.
        is_rational: whether the entries are whole numbers, so that nothing is rounded.
    """

    build: Callable[..., LinearCode]
    has_length: bool = True
    is_rational: bool = False


FAMILIES: dict[str, Family] = {
    "repetition": Family(repetition, is_rational=True),
    "single-parity": Family(single_parity, is_rational=True),
    "cosine": Family(cosine_code),
    "cosine-dual": Family(cosine_dual_code),
    "icosahedral": Family(icosahedral, has_length=False),
}


def family_code(name: str, n: int | None = None) -> LinearCode:
    """The code of a family, by its name.

    Args:
        name: one of `FAMILIES`.
        n: length; None for `icosahedral`, which has but one.

    Raises:
        InvalidCodeError: no such family, or it has no code of that length.

    Examples:
        >>> family_code("cosine", 9)
        LinearCode([9, 2])
        >>> family_code("icosahedral")
        LinearCode([6, 3])
    """
    family = FAMILIES.get(name)
    if family is None:
        raise InvalidCodeError(f"a family is one of {', '.join(FAMILIES)}, got {name!r}")
    arguments: tuple[Any, ...] = (n,) if family.has_length else ()
    if not family.has_length and n not in (None, 6):
        raise InvalidCodeError(f"the {name} code has n = 6, got n = {n}")
    if family.has_length and n is None:
        raise InvalidCodeError(f"the {name} code needs a length n")
    return family.build(*arguments)
